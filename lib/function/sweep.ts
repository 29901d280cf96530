import { addressCauses, addresseesOf } from '../alerts/addresses.ts';
import { hasLeft } from '../alerts/settle.ts';
import { type Publish, tellAlerts, tellDigests } from '../alerts/tell.ts';
import { upcomingOf } from '../alerts/upcoming.ts';
import type { CompiledIndex, IndexedToken } from '../catalog/compiled.ts';
import { intervalHours } from '../catalog/schedule.ts';
import { asRotationError } from '../engine/errors.ts';
import { pausesOfFreezes, withFreezes } from '../engine/pauses.ts';
import type { SweepJob } from '../engine/plan.ts';
import { reconcile, type Sweep, type SweepContext, type SweptToken } from '../engine/reconcile.ts';
import type { Cause } from '../engine/records.ts';
import { uncatalogedCode } from '../engine/uncataloged.ts';
import type { SweepPorts } from './ports.ts';

/** What a sweep is of, and by which ways it hands out jobs and tells. */
export interface SweepPlan {
  readonly index: CompiledIndex;
  /** All tokens of the index, or the one that changed. */
  readonly tokens: readonly IndexedToken[];
  readonly isWhole: boolean;
  /** What the names of this installation's functions begin with. */
  readonly installation: string;
  readonly ask: (provider: string, job: SweepJob) => Promise<void>;
  readonly publish: Publish;
  /** Whether somebody has followed the link that an address was sent; undefined where that is not known. */
  readonly isConfirmed?: () => Promise<((email: string) => boolean) | undefined>;
}

/** Looks, hands out jobs, and tells whom it concerns. What cannot be told now is told by a later sweep, and stops nobody's work. */
export async function sweepAndTell(ports: SweepPorts, plan: SweepPlan): Promise<Sweep> {
  const { index, isWhole, installation } = plan;
  const now = ports.clock.now();
  const gone = new Set(Object.entries(index.people).flatMap(([id, person]) => (hasLeft(person, now) ? [id] : [])));
  const context: SweepContext = {
    gone,
    warnDays: index.alerts.warnDays,
    ...(isWhole ? { catalog: { ...index, installation } } : {}),
  };
  const frozen = pausesOfFreezes(index.freezes);
  const ledger = { ...ports.ledger, pauses: withFreezes(frozen, ports.clock, ports.ledger.pauses) };
  const sweep = await reconcile({ ...ports, ledger }, plan.tokens.map(swept), context, plan.ask);
  await quietly(ports, 'alerts', async () => {
    const whole = isWhole ? [...(await unconfirmed(plan, now)), ...(sweep.isListed ? [] : await lastListed(ports))] : [];
    const causes = [...sweep.causes, ...whole];
    await tell(ports, plan, { ...sweep, causes });
  });
  return sweep;
}

function swept(token: IndexedToken): SweptToken {
  const { name, provider, secret, authority, mode, overlapHours, isAssisted, owner, backup, schedule } = token;
  const longestHours = intervalHours(schedule).longest;
  return {
    name,
    provider,
    secret,
    authority,
    mode,
    overlapHours,
    isAssisted,
    owner,
    backup,
    longestHours,
    rotation: token.rotation,
    drillEveryDays: token.drillEveryDays,
  };
}

async function unconfirmed({ index, isConfirmed }: SweepPlan, now: number): Promise<readonly Cause[]> {
  const confirmed = await isConfirmed?.();
  return confirmed === undefined ? [] : addressCauses(addresseesOf(index, now), confirmed);
}

/** Which secrets are in no entry, as a sweep saw that could list them: that this one could not ends nobody's trouble. */
async function lastListed({ ledger }: SweepPorts): Promise<readonly Cause[]> {
  return (await ledger.alerts()).filter(({ code }) => code === uncatalogedCode);
}

async function tell(ports: SweepPorts, { index, isWhole, publish }: SweepPlan, sweep: Sweep): Promise<void> {
  const { ledger, clock } = ports;
  const now = clock.now();
  const voice = { ledger, publish };
  const tokens = new Map(index.tokens.map((token) => [token.name, token]));
  const { causes, looked, isFirst } = sweep;
  const { people, alerts: settings } = index;
  const { escalateHours } = settings;
  // Whoever was not reached may still have their trouble: then it was no whole look.
  const isAll = isWhole && sweep.left.length === 0;
  await tellAlerts(voice, { causes, looked: { tokens: looked, isWhole: isAll, isFirst }, tokens, people, escalateHours, now });
  if (!isAll) return;
  const upcoming = upcomingOf({ tokens: index.tokens, nextRotations: sweep.nextRotations, healths: sweep.healths });
  const recent = async () => (await Promise.all(sweep.rotatedLately.map((token) => ledger.happened(token, 20)))).flat();
  await tellDigests(voice, { causes, alerts: await ledger.alerts(), tokens, people, upcoming, recent, settings, now });
}

async function quietly(ports: SweepPorts, what: string, act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (problem) {
    const { code, message } = asRotationError(problem, what);
    ports.log({ event: 'sweep.untold', code, detail: message });
  }
}
