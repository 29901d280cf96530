import { RotationError } from './errors.ts';
import { current, ourLabel, previous, readOurLabel } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { StoredVersion } from './ports.ts';
import { liveTokens } from './preflight.ts';
import { refWithin } from './ref.ts';
import { decodeStored } from './stored-value.ts';

/** What became of one version that somebody put in by hand. */
export interface Adopted {
  readonly versionId: string;
  readonly ref: string;
}

/**
 * Puts our label on values that were pasted in by hand, because their owner says that they may be revoked once they are replaced: the current one,
 * and the one before it. How the provider names each is asked of the provider; where it does not tell, of the owner (`ref`, for the current
 * one). Throws `unknown-ref` where nobody says, and where what was said is not live or is another version's.
 */
export async function adopt(open: OpenToken, secretArn: string, ref?: string): Promise<readonly Adopted[]> {
  const { store } = open.ports;
  const { facts } = open.rotator;
  const state = await store.describe(secretArn);
  const adopted: Adopted[] = [];
  for (const label of [current, previous]) {
    const version = await store.read(state.arn, { label });
    if (version === undefined || readOurLabel(version.labels) !== undefined) continue;
    const named = await nameOf(open, version, label === current ? ref : undefined);
    // The one before may long be dead, and is then nobody's to adopt.
    if (named === undefined && label === previous) continue;
    if (named === undefined) throw unknown(open, `${facts.title} does not tell how it names the token in use`);
    if (isTaken(facts.name, named, [...state.versions.values()].flat())) throw unknown(open, 'another version has this ref');
    await store.moveLabel(state.arn, ourLabel(facts.name, named, facts.secretRefPart !== undefined), { to: version.versionId });
    open.ports.log({ event: 'token.adopted', token: open.token.name, detail: version.versionId });
    adopted.push({ versionId: version.versionId, ref: facts.secretRefPart === undefined ? named : '(secret)' });
  }
  return adopted;
}

async function nameOf(open: OpenToken, version: StoredVersion, told: string | undefined): Promise<string | undefined> {
  const credential = decodeStored(open.token.value, version.text);
  // A ref that is itself secret stands in the value, and is no text that anybody should type.
  if (open.rotator.facts.secretRefPart !== undefined) return refWithin(open.rotator.facts, credential);
  const inspect = open.rotator.inspect?.bind(open.rotator);
  const inspected = inspect && (await open.withAuthority((context) => inspect(context, { credential })).catch(unanswered));
  if (inspected?.ref !== undefined || told === undefined) return inspected?.ref;
  const live = await liveTokens(open);
  if (live === undefined || live.some((found) => found.ref === told)) return told;
  throw unknown(open, 'no live token of the provider has the ref that was given');
}

/** What is dead is told by nobody, and is no reason to stop. */
function unanswered(error: unknown): undefined {
  if (error instanceof RotationError && error.ending === 'good' && error.code !== 'authority') return undefined;
  throw error;
}

function isTaken(provider: string, ref: string, labels: readonly string[]): boolean {
  return labels.includes(ourLabel(provider, ref, false)) || labels.includes(ourLabel(provider, ref, true));
}

function unknown({ token }: OpenToken, why: string): RotationError {
  return new RotationError('unknown-ref', `${token.name}: ${why}`, {
    fix: `Look at the provider how it names the token, and run \`keyturn adopt ${token.name} --ref <ref>\`.`,
    definite: true,
  });
}
