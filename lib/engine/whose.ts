import { timingSafeEqual } from 'node:crypto';
import { judge } from './judge.ts';
import { current, pending, readOurLabel } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState, StoredVersion } from './ports.ts';
import type { Secret } from './secret.ts';
import { decodeStored } from './stored-value.ts';

/**
 * Where a string stands in one secret. `old` waits for its revocation · `dead` the provider refuses it · `unknown` nobody could say whether it
 * still works. `part`: `value`, a part that the provider issued with it, or `stored` for the whole text.
 */
export type Whose =
  | { readonly isFound: false }
  | {
      readonly isFound: true;
      readonly versionId: string;
      readonly use: 'current' | 'pending' | 'old' | 'dead' | 'unknown';
      readonly part: string;
    };

/**
 * Whether a string that somebody found is in this secret, told by its digest alone (salted with the secret's ARN, as `Secret.digest` makes it),
 * so that the string itself goes nowhere. The version that a receipt names is read first, then every one that has a label. Writes nothing.
 */
export async function whose(open: OpenToken, secretArn: string, digest: string): Promise<Whose> {
  const { store, history } = open.ports;
  const state = await store.describe(secretArn);
  const receipts = await history.receipts(state.arn).catch(() => []);
  const known = receipts.find((receipt) => isSame(receipt.digest, digest));
  // What a receipt names is read first, and even where it has no label any more.
  const versionIds = [...new Set([...(known === undefined ? [] : [known.versionId]), ...state.versions.keys()])];
  for (const versionId of versionIds) {
    const version = await store.read(state.arn, { versionId });
    const part = version && partWith(open, state.arn, version, digest);
    if (version && part) return { isFound: true, versionId, part, use: await useOf(open, state, version) };
  }
  return known === undefined ? { isFound: false } : { isFound: true, versionId: known.versionId, use: 'unknown', part: 'value' };
}

function partWith({ token }: OpenToken, secretArn: string, version: StoredVersion, digest: string): string | undefined {
  return Object.entries({ stored: version.text, ...partsOf(token, version) }).findLast(([, text]) =>
    isSame(text.digest(secretArn), digest),
  )?.[0];
}

/** A value of another shape than the catalog says can only be found as a whole. */
function partsOf(token: OpenToken['token'], version: StoredVersion): Readonly<Record<string, Secret>> {
  try {
    const { value, parts } = decodeStored(token.value, version.text);
    return { ...parts, value };
  } catch {
    return {};
  }
}

async function useOf(
  open: OpenToken,
  state: SecretState,
  version: StoredVersion,
): Promise<'current' | 'pending' | 'old' | 'dead' | 'unknown'> {
  const labels = state.versions.get(version.versionId) ?? [];
  if (labels.includes(current)) return 'current';
  if (labels.includes(pending)) return 'pending';
  if (readOurLabel(labels) !== undefined) return 'old';
  // Not made by us, or proven dead before: whoever finds a string wants to know whether it still opens something.
  const judgement = await Promise.resolve()
    .then(() => judge(open, decodeStored(open.token.value, version.text)))
    .catch(() => undefined);
  return judgement !== undefined && !judgement.ok && judgement.why === 'rejected' ? 'dead' : 'unknown';
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
