import { createHash } from 'node:crypto';
import { reasonToBegin } from './begin.ts';
import type { Instant } from './contract.ts';
import { current, debtOf, holderOf, isPasted, readHold, underwayIn } from './labels.ts';
import type { SecretState } from './ports.ts';
import type { Health } from './records.ts';
import { clutterOf, dueAt } from './retire.ts';
import type { SweepJobName } from './sweep-jobs.ts';
import type { Mode } from './token.ts';
import { watchDueAt, watchHours } from './watch.ts';

/** What a sweep asks a provider's function to do for one secret. Each is idempotent, and looks again before it acts. */
export interface SweepJob {
  readonly job: SweepJobName;
  readonly secretArn: string;
}

/** A sweep comes this often. */
export const sweepMinutes = 15;
/** Strays are looked for this often, at a time of the secret's own, so that a fleet does not ask its providers all at once. */
export const strayHours = 6;

/**
 * Compares a secret's labels with the clock, and with when the token was last looked at: the reconciler never sees a value. Level-triggered:
 * the same state and time give the same plan, whatever was or was not delivered before.
 */
export function planSweep(
  token: Planned,
  state: SecretState,
  now: Instant,
  { health, isPaused = false, isSpread = false }: Known = {},
): readonly SweepJob[] {
  const { arn: secretArn, versions } = state;
  const isHeld = readHold(state) !== undefined;
  const hasDue = debtOf(state).some((versionId) => {
    const due = dueAt(token, versions.get(versionId) ?? []);
    return due === 'unknown' || ((due <= now || isPasted(state, current)) && !isHeld);
  });
  const hasClutter = clutterOf(state).length > 0;
  const isStuck = underwayIn(state) !== undefined;
  const watch = isWatchDue(state, now, { health, isSpread }) ? [{ job: 'watch', secretArn } as const] : [];
  // What was minted is brought to its end; nothing else is begun.
  if (isPaused) return [...(isStuck ? [{ job: 'continue', secretArn } as const] : []), ...watch];
  return [
    ...(hasDue || hasClutter ? [{ job: 'retire', secretArn } as const] : []),
    ...(isStuck || isStrayTime(secretArn, now) ? [{ job: 'strays', secretArn } as const] : []),
    // Whether AWS is still at it cannot be told from here; beside its own attempt ours does no harm.
    ...(isStuck ? [{ job: 'continue', secretArn } as const] : []),
    ...(mayBegin(state, now) ? [{ job: 'begin', secretArn } as const] : []),
    ...(!isStuck && !isHeld && isDrillDue(token, state, now, health) ? [{ job: 'drill', secretArn } as const] : []),
    ...watch,
  ];
}

/** A token as far as its plan goes. */
export interface Planned {
  readonly overlapHours: number;
  readonly mode?: Mode;
  readonly rotation?: 'external' | undefined;
  readonly isAssisted?: boolean;
  readonly drillEveryDays?: number | undefined;
}

/** Once a day at a time of its own, until one has come to its end; what is renewed often enough needs none. */
function isDrillDue(
  { drillEveryDays, mode, rotation, isAssisted }: Planned,
  state: SecretState,
  now: Instant,
  health: Health | undefined,
): boolean {
  const isFilled = holderOf(state, current) !== undefined;
  if (drillEveryDays === undefined || mode !== 'retire' || rotation === 'external' || isAssisted === true) return false;
  if (health === undefined || !isFilled) return false;
  const isOld = now - (health.provenAt ?? 0) > drillEveryDays * 86_400_000;
  return isOld && isTimeOf(state.arn, now, 24);
}

/** What a sweep knows besides the labels. Losing it only makes more looks. */
export interface Known {
  readonly health?: Health | undefined;
  readonly isPaused?: boolean;
  /** There are so many tokens that those of which nothing is known are looked at one after another over a day. */
  readonly isSpread?: boolean;
}

function isWatchDue(state: SecretState, now: Instant, { health, isSpread }: Pick<Known, 'health' | 'isSpread'>): boolean {
  const currentId = holderOf(state, current);
  if (currentId === undefined) return false;
  if (health === undefined && isSpread) return isTimeOf(state.arn, now, watchHours);
  const due = watchDueAt(health, currentId);
  return due === 'now' || due <= now;
}

/** How long the first rotation of a new secret is asked for by every sweep. */
export const eagerHours = 1;

/**
 * An empty secret has no version to park on, so what fails for good there is not remembered. A new one is tried by the first sweeps, and
 * then no more often than strays are looked for: whoever mends what was wrong waits some hours, or rotates by hand.
 */
function mayBegin(state: SecretState, now: Instant): boolean {
  const reason = reasonToBegin(state, now);
  if (reason !== 'empty') return reason !== undefined;
  const isNew = state.createdAt !== undefined && now - state.createdAt < eagerHours * 3_600_000;
  return isNew || isStrayTime(state.arn, now);
}

/** A window may end late, and AWS be late itself. */
const overdueHours = 1;

/** Whether Secrets Manager should have rotated a secret by now, by its own account. */
export function isOverdue({ nextRotationAt, rotationEnabled }: SecretState, now: Instant): boolean {
  return rotationEnabled === true && nextRotationAt !== undefined && now > nextRotationAt + overdueHours * 3_600_000;
}

function isStrayTime(secretArn: string, now: Instant): boolean {
  return isTimeOf(secretArn, now, strayHours);
}

/** Once in so many hours, at a time of the secret's own. */
function isTimeOf(secretArn: string, now: Instant, hours: number): boolean {
  const slots = (hours * 60) / sweepMinutes;
  const own = createHash('sha256').update(secretArn).digest().readUInt32BE(0) % slots;
  return Math.floor(now / (sweepMinutes * 60_000)) % slots === own;
}
