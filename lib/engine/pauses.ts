import type { Instant } from './contract.ts';
import { asRotationError, RotationError } from './errors.ts';
import type { OpenToken } from './open-token.ts';
import type { Pause } from './records.ts';
import { minute } from './time.ts';

/** What a token is for those who pause. */
export interface Pausable {
  readonly name: string;
  readonly provider: string;
}

/** The pause that holds a token now: of the longest if there are several. A moment in which nothing is paused has none. */
export function pauseOf({ name, provider }: Pausable, pauses: readonly Pause[], now: Instant): Pause | undefined {
  const scopes: readonly Pause['of'][] = ['everything', `provider:${provider}`, `token:${name}`];
  return pauses
    .filter(({ of, since, until }) => scopes.includes(of) && since <= now && (until === undefined || now < until))
    .toSorted((one, other) => (other.until ?? Number.MAX_VALUE) - (one.until ?? Number.MAX_VALUE))[0];
}

/**
 * The pause that holds this token now. Where nobody can say whether there is one, the answer is the caller's: what can be undone goes on, so
 * that rotation does not depend on records that may be lost.
 */
export async function readPause(
  { ports, token }: OpenToken,
  whereUnknown: 'goes on' | 'waits',
): Promise<Pick<Pause, 'by' | 'why' | 'until'> | undefined> {
  try {
    return pauseOf(token, await ports.records.pauses(), ports.clock.now());
  } catch (problem) {
    const { code, message } = asRotationError(problem, 'pauses');
    ports.log({ event: 'pauses.unknown', token: token.name, code, detail: message });
    return whereUnknown === 'goes on' ? undefined : { by: 'Keyturn', why: 'nobody can say whether it is paused' };
  }
}

/** Thrown by createSecret before it asks for anything: what was minted before a pause is still brought to its end, because half a rotation is worse. */
export async function assertNotPaused(open: OpenToken): Promise<void> {
  const pause = await readPause(open, 'goes on');
  if (pause === undefined) return;
  const until = pause.until === undefined ? '' : ` until ${minute(pause.until)}`;
  throw new RotationError('paused', `${open.token.name}: is paused${until} by ${pause.by}: ${pause.why}`, {
    fix: 'Run `keyturn resume` with what was paused, or wait until the pause is over, then rotate again.',
    definite: true,
  });
}
