import type { CatalogEntry } from '../catalog/catalog.ts';
import { current, debtOf, holderOf, readHold, readParked, underwayIn } from '../engine/labels.ts';
import { pauseOf } from '../engine/pauses.ts';
import { isOverdue } from '../engine/plan.ts';
import type { SecretState } from '../engine/ports.ts';
import type { Pause } from '../engine/records.ts';
import { dueAt } from '../engine/retire.ts';
import { minute } from '../engine/time.ts';

/** What one word says of a token, those that need a person first. */
export const tokenStates = [
  'missing',
  'unreadable',
  'parked',
  'overdue',
  'empty',
  'off',
  'rotating',
  'held',
  'paused',
  'observed',
  'fine',
] as const;
/** Those in which somebody has to do something. */
export const needsPerson: readonly TokenState[] = ['missing', 'unreadable', 'parked', 'overdue'];
export type TokenState = (typeof tokenStates)[number];

/** A token as its labels show it. Times are milliseconds since 1970. */
export interface TokenStatus {
  readonly token: string;
  readonly provider: string;
  readonly owner: string;
  readonly secret: string;
  readonly state: TokenState;
  /** The version that is in use. */
  readonly currentVersion?: string;
  readonly currentSince?: number;
  readonly nextRotationAt?: number;
  readonly parked?: { readonly code: string; readonly until: number };
  readonly hold?: { readonly since: number; readonly why: string };
  readonly pause?: Pause;
  readonly rotating?: string;
  /** Old tokens that are still live, and what each waits for. */
  readonly debts: readonly { readonly versionId: string; readonly waitsFor: string; readonly until?: number }[];
  /** What went wrong with looking. */
  readonly trouble?: string;
}

/** Compares labels with the clock; asks nobody. */
export function statusOf(entry: CatalogEntry, state: SecretState, pauses: readonly Pause[], now: number): TokenStatus {
  const parkedLabel = readParked(state.versions.get(holderOf(state, current) ?? ''));
  const parked =
    parkedLabel && parkedLabel.untilSeconds * 1000 > now
      ? { code: parkedLabel.code, until: parkedLabel.untilSeconds * 1000 }
      : undefined;
  const hold = readHold(state);
  const pause = pauseOf(entry.token, pauses, now);
  const rotating = underwayIn(state);
  const currentVersion = holderOf(state, current);
  const { token, owner, needs } = entry;
  const conditions: readonly [TokenState, boolean][] = [
    ['parked', parked !== undefined],
    ['overdue', isOverdue(state, now)],
    ['rotating', rotating !== undefined],
    ['empty', currentVersion === undefined],
    ['held', hold !== undefined],
    ['paused', pause !== undefined],
    ['observed', token.mode === 'observe'],
    ['off', state.rotationEnabled !== true && !needs.isAssisted],
  ];
  return {
    token: token.name,
    provider: token.provider,
    owner,
    secret: token.secret,
    state: conditions.find(([, holds]) => holds)?.[0] ?? 'fine',
    ...(currentVersion === undefined ? {} : { currentVersion }),
    ...(state.rotatedAt === undefined ? {} : { currentSince: state.rotatedAt }),
    ...(state.nextRotationAt === undefined ? {} : { nextRotationAt: state.nextRotationAt }),
    ...(parked === undefined ? {} : { parked }),
    ...(hold === undefined ? {} : { hold: { since: hold.sinceSeconds * 1000, why: hold.why } }),
    ...(pause === undefined ? {} : { pause }),
    ...(rotating === undefined ? {} : { rotating }),
    debts: debtOf(state).map((versionId) => ({ versionId, ...waitOf(entry, state, versionId, now) })),
  };
}

function waitOf(
  { token }: CatalogEntry,
  state: SecretState,
  versionId: string,
  now: number,
): { waitsFor: string; until?: number } {
  const due = dueAt(token, state.versions.get(versionId) ?? []);
  if (due === 'unknown') return { waitsFor: 'the next sweep, with which its overlap begins' };
  if (due > now) return { waitsFor: `the end of its overlap, ${minute(due)}`, until: due };
  if (readHold(state) !== undefined) return { waitsFor: 'the release of the hold' };
  if (token.mode !== 'retire') return { waitsFor: `another mode than \`${token.mode}\`, in which nothing is revoked` };
  return { waitsFor: `the evidence; \`keyturn retire ${token.name}\` says which` };
}
