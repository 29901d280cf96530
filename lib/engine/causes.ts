import type { Instant } from './contract.ts';
import { current, debtOf, holderOf, readHold, readParked, readSince } from './labels.ts';
import { isOverdue } from './plan.ts';
import type { SecretState } from './ports.ts';
import type { Cause, FindingCode, Health } from './records.ts';
import { dueAt } from './retire.ts';
import { day, minute } from './time.ts';
import type { Mode } from './token.ts';

// What is wrong with a token, from what one look shows and nothing else: the same look always gives the same causes.

/** A token as far as its troubles go. */
export interface WatchedToken {
  readonly name: string;
  readonly mode: Mode;
  readonly overlapHours: number;
  readonly rotation?: 'external' | undefined;
  /** A person makes each new one. */
  readonly isAssisted: boolean;
  /** How long one is meant to be in use, at most. */
  readonly longestHours: number;
  /** How often a renewal is to be rehearsed. */
  readonly drillEveryDays?: number | undefined;
  readonly owner: string;
  readonly backup: string;
}

export interface CauseContext {
  /** Ids of people who are not there any more, or never were. */
  readonly gone: ReadonlySet<string>;
  /** How many days before an expiry people are told, the most first. */
  readonly warnDays: readonly number[];
  readonly now: Instant;
}

/** A revocation that is late by this much waits for something that does not come by itself. */
const debtPatienceHours = 48;
const dayLong = 24 * 3_600_000;

export function causesOf(
  token: WatchedToken,
  state: SecretState,
  health: Health | undefined,
  context: CauseContext,
): readonly Cause[] {
  const known = health?.versionId === holderOf(state, current) ? health : undefined;
  return [
    ...rotationCauses(token, state, context),
    ...(known === undefined ? [] : healthCauses(token, state, known, context)),
    ...debtCauses(token, state, known, context),
    ...peopleCauses(token, context),
  ];
}

/** A secret that could not be looked at because it is not there. */
export function missingCause({ name }: Pick<WatchedToken, 'name'>): Cause {
  return {
    id: `missing/${name}`,
    code: 'missing',
    token: name,
    urgency: 'now',
    message: `The secret of ${name} is not there, or is marked for deletion`,
    next: 'Nothing: nobody rotates what is not there',
    fix: `Restore the secret (\`aws secretsmanager restore-secret\`), or remove ${name} from the catalog`,
  };
}

function rotationCauses(token: WatchedToken, state: SecretState, { now }: CauseContext): readonly Cause[] {
  const { name, mode, isAssisted, rotation } = token;
  const parked = readParked(state.versions.get(holderOf(state, current) ?? ''));
  const mayRotate = mode !== 'observe' && rotation !== 'external';
  const causes: Cause[] = [];
  if (parked !== undefined) {
    causes.push({
      id: `parked/${name}/${parked.code}`,
      code: 'parked',
      token: name,
      urgency: 'now',
      message: `${name} could not be rotated (\`${parked.code}\`); the token in use goes on working`,
      next: isAssisted
        ? 'A new one is taken up as soon as its owner submits it'
        : `It is tried again after ${minute(parked.untilSeconds * 1000)}, and less often each time`,
      fix: `See \`keyturn status ${name}\` for what to mend, then \`keyturn release ${name}\` and \`keyturn rotate ${name}\``,
    });
  }
  if (mayRotate && isOverdue(state, now)) {
    causes.push({
      id: `overdue/${name}`,
      code: 'overdue',
      token: name,
      urgency: 'now',
      message: `${name} should have been rotated by ${minute(state.nextRotationAt ?? now)}`,
      next: 'Secrets Manager may try again by itself; nobody knows when',
      fix: `Run \`keyturn rotate ${name}\`, and see the log of its function if that fails`,
    });
  }
  const isFilled = holderOf(state, current) !== undefined;
  if (mayRotate && !isAssisted && isFilled && state.rotationEnabled !== true) {
    causes.push({
      id: `off/${name}`,
      code: 'off',
      token: name,
      urgency: 'soon',
      message: `Rotation of ${name} is turned off in Secrets Manager, and the catalog says that it is rotated`,
      next: 'Nothing, until it is turned on again or deployed anew',
      fix: `Run \`keyturn rotate ${name}\`, which turns it on, or set \`mode: observe\` in its entry`,
    });
  }
  const hold = readHold(state);
  if (hold !== undefined) {
    causes.push({
      id: `hold/${name}`,
      code: 'hold',
      token: name,
      urgency: 'note',
      message: `Old tokens of ${name} are on hold since ${minute(hold.sinceSeconds * 1000)}`,
      next: 'Nothing is revoked until the hold is released',
      fix: `Run \`keyturn release ${name}\` when they are needed no more`,
    });
  }
  return causes;
}

function healthCauses(token: WatchedToken, state: SecretState, health: Health, context: CauseContext): readonly Cause[] {
  const { name } = token;
  const causes: Cause[] = [];
  if (health.verdict === 'invalid') {
    const rotates = token.mode !== 'observe' && token.rotation !== 'external' && !token.isAssisted;
    causes.push({
      id: `dead/${name}`,
      code: 'dead',
      token: name,
      urgency: 'now',
      message: `The provider refuses the token of ${name} that is in use`,
      next: rotates ? 'A new one is made at once' : 'Nothing: only a person can make a new one',
      fix: rotates ? `See \`keyturn status ${name}\` for how far it is` : `Make a new one as the runbook of ${name} says`,
    });
  }
  for (const finding of health.findings) {
    if (finding.code === 'dependent-restarting') continue; // it is on its way, and nobody has to do anything
    causes.push({
      id: `${finding.code}/${name}/${finding.about}`,
      code: finding.code,
      token: name,
      urgency: urgencyOf(finding.code),
      message: `${name}: ${finding.message}`,
      next: nextOf(finding.code),
      fix: finding.fix,
    });
  }
  return [...causes, ...unproven(token, health, context), ...expiryCauses(token, state, health, context)];
}

/** A rehearsal may be late by this: it is tried every day, and people have a week. */
const drillPatienceDays = 7;

/** That nothing has shown for too long that a renewal works. */
function unproven(
  { name, drillEveryDays, isAssisted }: WatchedToken,
  { provenAt, createdAt }: Health,
  { now }: CauseContext,
): readonly Cause[] {
  if (drillEveryDays === undefined) return [];
  const since = provenAt ?? createdAt;
  if (since === undefined || now - since <= (drillEveryDays + drillPatienceDays) * dayLong) return [];
  return [
    {
      id: `unproven/${name}`,
      code: 'unproven',
      token: name,
      urgency: 'soon',
      message: `No renewal of ${name}, nor a rehearsal of one, has come to its end since ${day(since)}`,
      next: isAssisted ? 'Nothing: only people can rehearse it' : 'It is rehearsed once a day until it succeeds',
      fix: isAssisted
        ? `Walk through its runbook with the backup: \`keyturn drill ${name}\` says how`
        : `Run \`keyturn drill ${name}\` to see what fails`,
    },
  ];
}

function urgencyOf(code: FindingCode): Cause['urgency'] {
  if (code === 'dependent-foreign' || code === 'scope-missing' || code === 'unreadable') return 'now';
  return code === 'dependent-unreachable' || code === 'dependent-shadowed' ? 'note' : 'soon';
}

function nextOf(code: FindingCode): string {
  if (code === 'dependent-drifted') return 'It is written again with the next look';
  if (code === 'drill-failed') return 'It is rehearsed again tomorrow; the token in use goes on working';
  if (code === 'still-used') return 'The old token is kept for as long as somebody uses it';
  if (code === 'stray' || code === 'no-way-to-revoke') return 'Nothing: Keyturn revokes nothing of which it is not sure';
  return 'It is looked at again within a day';
}

/** Only where nothing renews the token before. The steps of one expiry are one series: a later one takes the place of the one before. */
function expiryCauses(
  token: WatchedToken,
  state: SecretState,
  { expiresAt, authorityExpiresAt, createdAt }: Health,
  { warnDays, now }: CauseContext,
): readonly Cause[] {
  const { name, isAssisted, mode, rotation, longestHours } = token;
  const isRotated = mode !== 'observe' && rotation !== 'external' && !isAssisted && state.rotationEnabled === true;
  const comesFirst = (at: Instant) => isRotated && state.nextRotationAt !== undefined && state.nextRotationAt < at;
  const step = (at: Instant) => warnDays.filter((days) => at - now <= days * dayLong).at(-1);
  const warning = (series: string, at: Instant, message: string, fix: string): readonly Cause[] => {
    const days = step(at);
    if (days === undefined) return [];
    const isOver = at <= now;
    return [
      {
        id: `${series}/${isOver ? 'over' : days}`,
        series,
        code: series.split('/')[0] ?? 'expires',
        token: name,
        urgency: isOver || days <= 3 ? 'now' : 'soon',
        message,
        next: isOver ? 'Whatever uses it fails' : `It ends on ${minute(at)}, and nothing renews it by itself before`,
        fix,
      },
    ];
  };
  const renew = isAssisted
    ? `Make a new one as the runbook of ${name} says, and submit it`
    : `Run \`keyturn rotate ${name}\`, or set \`mode: rotate\` in its entry`;
  const dueAtAge = isAssisted && createdAt !== undefined ? createdAt + longestHours * 3_600_000 : undefined;
  return [
    ...(expiresAt === undefined || comesFirst(expiresAt)
      ? []
      : warning(`expires/${name}`, expiresAt, `The token of ${name} expires on ${day(expiresAt)}`, renew)),
    ...(dueAtAge === undefined || (expiresAt !== undefined && expiresAt < dueAtAge)
      ? []
      : warning(`due/${name}`, dueAtAge, `${name} is to be renewed by ${day(dueAtAge)}`, renew)),
    ...(authorityExpiresAt === undefined
      ? []
      : warning(
          `authority-expires/${name}`,
          authorityExpiresAt,
          `The authority that makes tokens for ${name} expires on ${day(authorityExpiresAt)}`,
          'Renew the authority as the page of its provider says, and store it in its secret',
        )),
  ];
}

function debtCauses(
  token: WatchedToken,
  state: SecretState,
  health: Health | undefined,
  { now }: CauseContext,
): readonly Cause[] {
  const { name, mode } = token;
  const isExplained = health?.findings.some(({ code }) => code === 'still-used' || code === 'no-way-to-revoke') === true;
  if (mode !== 'retire' || isExplained || readHold(state) !== undefined) return [];
  const late = debtOf(state).filter((versionId) => {
    const labels = state.versions.get(versionId) ?? [];
    const due = dueAt(token, labels);
    return due !== 'unknown' && readSince(labels) !== undefined && now - due > debtPatienceHours * 3_600_000;
  });
  if (late.length === 0) return [];
  return [
    {
      id: `debt/${name}`,
      code: 'debt',
      token: name,
      urgency: 'soon',
      message: `${late.length === 1 ? 'An old token' : `${late.length} old tokens`} of ${name} should have been revoked two days ago`,
      next: 'Each sweep asks again whether everything has the new one',
      fix: `Run \`keyturn retire ${name}\`: it says what is waited for`,
    },
  ];
}

function peopleCauses({ name, owner, backup }: WatchedToken, { gone }: CauseContext): readonly Cause[] {
  const roles = [...(gone.has(owner) ? (['owner'] as const) : []), ...(gone.has(backup) ? (['backup'] as const) : [])];
  if (roles.length === 0) return [];
  return [
    {
      id: `nobody/${name}/${roles.join('-')}`,
      code: 'nobody',
      token: name,
      urgency: roles.length === 2 ? 'now' : 'soon',
      message: `The ${roles.join(' and the ')} of ${name} left`,
      next: 'Whoever is left of owner, backup and team is told instead',
      fix: `Name another ${roles.join(' and ')} in its entry of the catalog, and deploy`,
    },
  ];
}
