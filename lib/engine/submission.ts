import { olderVersions } from './copies.ts';
import { current, holderOf, submitted } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState, StoredVersion } from './ports.ts';
import { decodeStored, holdSame } from './stored-value.ts';

/**
 * What a person submitted for a token that no API mints. It stands in the token's own layout, because Secrets Manager makes the first value of an
 * empty secret current at once, and people may go back to it.
 */
export interface Submission {
  readonly version: StoredVersion;
  readonly credential: ReturnType<typeof decodeStored>;
  /** A version of ours has this very value: it is in use, was once, or is about to be. */
  readonly isTakenUp: boolean;
}

/** Reads what waits to be taken up, if anything does. */
export async function readSubmission(open: OpenToken, state: SecretState): Promise<Submission | undefined> {
  const versionId = holderOf(state, submitted);
  const version = versionId && (await open.ports.store.read(state.arn, { versionId }));
  if (!version) return undefined;
  const credential = decodeStored(open.token.value, version.text);
  const others = await olderVersions(open, state.arn, [versionId], state)();
  const isTakenUp = others.some(({ text }) => holdSame(open.token.value, text, version.text));
  return { version, credential, isTakenUp };
}

/**
 * Once it is taken up. On a version that is current the label stays, to say that nobody uses that one: Secrets Manager makes the first value of
 * an empty secret current at once. When it is current no more, it is found taken up and loses its label.
 */
export async function forgetSubmission({ ports }: OpenToken, state: SecretState, { version }: Submission): Promise<void> {
  if (state.versions.get(version.versionId)?.includes(current)) return;
  await ports.store.moveLabel(state.arn, submitted, { from: version.versionId });
}
