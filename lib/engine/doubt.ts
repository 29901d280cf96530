import { current, holderOf, isPasted, previous } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState } from './ports.ts';
import { liveTokens } from './preflight.ts';
import { straysOf } from './strays.ts';
import { tryVersion } from './try-version.ts';

/**
 * Whether a token that nobody holds may be one that a person pasted in: while such a value is read, or was until the last promotion. What was
 * current before has no label of ours either once we have ended it; but then it is dead, and no list has it. Where the provider does not say, it
 * may be a person's.
 */
export async function isDoubtful(open: OpenToken, state: SecretState): Promise<boolean> {
  if (isPasted(state, current)) return true;
  const versionId = isPasted(state, previous) ? holderOf(state, previous) : undefined;
  if (versionId === undefined) return false;
  const { ours, unclear } = straysOf(open, state, (await liveTokens(open)) ?? [], []);
  if (ours.length + unclear.length === 0) return false; // nothing is alive that it could be
  const { works } = await tryVersion(open, state.arn, versionId).catch(() => ({ works: true }));
  return works;
}
