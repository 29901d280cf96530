import { type CauseContext, causesOf, missingCause, type WatchedToken } from './causes.ts';
import { asRotationError } from './errors.ts';
import { current, debtOf, holderOf, readParked } from './labels.ts';
import { pauseOf } from './pauses.ts';
import { isOverdue, planSweep, type SweepJob } from './plan.ts';
import type { ListedSecret, Ports, SecretState } from './ports.ts';
import type { Cause, Health, Ledger, Pause } from './records.ts';
import { uncatalogedCauses } from './uncataloged.ts';

/** A token as the reconciler knows it. */
export interface SweptToken extends WatchedToken {
  readonly provider: string;
  readonly secret: string;
  /** The secret of what may mint and revoke: a token of the catalog itself, where it has an entry. */
  readonly authority?: string | undefined;
}

/** What a sweep counted, and what it found for people. */
export interface Sweep {
  readonly tokens: number;
  readonly jobs: number;
  /** Tokens that could not be looked at this time. */
  readonly failed: number;
  /** Tokens that Secrets Manager should have rotated by now. */
  readonly overdue: number;
  /** Tokens whose rotation failed for good, and waits. */
  readonly parked: number;
  /** Old tokens that are not proven dead yet. */
  readonly debt: number;
  /** Tokens that the provider refuses. */
  readonly dead: number;
  readonly paused: number;
  /** Old tokens that are kept because somebody still uses them, or nobody knows how to revoke them. */
  readonly held: number;
  /** Tokens beside which there are live ones of which nobody knows whose they are. */
  readonly strays: number;
  /** Until the first token expires that the provider tells of, in whole days. Undefined where none does. */
  readonly soonestExpiryDays: number | undefined;
  /** Since the oldest token in use was made, as far as Secrets Manager tells, in whole days. */
  readonly oldestDays: number;
  /** Troubles that people are told of. */
  readonly causes: readonly Cause[];
  /** All secrets of the account were seen, so that `causes` has every one that is in no entry of the catalog. */
  readonly isListed: boolean;
  /** Names of the tokens that were looked at. */
  readonly looked: ReadonlySet<string>;
  /** Names of those that time did not suffice for. */
  readonly left: readonly string[];
  /** When Secrets Manager means to rotate, by the token's name. */
  readonly nextRotations: ReadonlyMap<string, number>;
  /** How tokens were when they were last looked at as a whole. */
  readonly healths: readonly Health[];
  /** Nothing was ever looked at before. */
  readonly isFirst: boolean;
  /** Names of tokens that were rotated so lately that something may have happened to them in the last days: in their overlap, or two days after. */
  readonly rotatedLately: readonly string[];
}

/** What a sweep is told besides its tokens. */
export interface SweepContext extends Omit<CauseContext, 'now'> {
  /** Every token of the catalog and the installation's name, for a sweep that looks for secrets of ours that are in no entry. */
  readonly catalog?: { readonly tokens: readonly Pick<SweptToken, 'secret'>[]; readonly installation: string };
}

export interface SweepPorts extends Pick<Ports, 'store' | 'clock' | 'log' | 'remaining'> {
  readonly ledger: Pick<Ledger, 'healths' | 'pauses'>;
}

/** With so many tokens, the list of all secrets tells of each what it costs more to ask one by one; with fewer each is asked, which is never late. */
const listFrom = 25;
/** With so many, those that were never looked at are spread over a day. */
const spreadFrom = 200;

/**
 * One sweep: looks at every secret's labels, hands out what is to be done, and says what is wrong. One token's trouble is no other's. It
 * stops in time to end by itself, and says whom it did not reach. Health that cannot be read is found out anew; pauses that cannot be read
 * are looked for again by whoever acts.
 */
export async function reconcile(
  ports: SweepPorts,
  tokens: readonly SweptToken[],
  { catalog, ...context }: SweepContext,
  ask: (provider: string, job: SweepJob) => Promise<void>,
): Promise<Sweep> {
  const known = withAuthorities(tokens, await orNothing(ports, 'healths', () => ports.ledger.healths()));
  const healths = new Map(known.map((each) => [each.token, each]));
  const pauses = await orNothing(ports, 'pauses', () => ports.ledger.pauses());
  const all = tokens.length < listFrom && catalog === undefined ? undefined : await list(ports);
  const listed = tokens.length < listFrom || all === undefined ? undefined : byId(all);
  const count = { jobs: 0, failed: 0, overdue: 0, parked: 0, debt: 0, dead: 0, paused: 0, held: 0, strays: 0, oldestDays: 0 };
  let soonestExpiryAt = Number.POSITIVE_INFINITY;
  const causes: Cause[] = [];
  const isListed = all !== undefined && catalog !== undefined;
  const looked = new Set<string>();
  const nextRotations = new Map<string, number>();
  const rotatedLately: string[] = [];

  const look = async (token: SweptToken) => {
    const now = ports.clock.now();
    const { name, provider, secret } = token;
    try {
      const state = listed?.get(secret) ?? (await ports.store.describe(secret));
      const health = healths.get(name);
      const pause = pauseOf(token, pauses, now);
      tally(token, state, health, pause);
      looked.add(name);
      causes.push(...causesOf(token, state, health, { ...context, now }));
      const isSpread = tokens.length >= spreadFrom;
      for (const job of planSweep(token, state, now, { health, isPaused: pause !== undefined, isSpread })) {
        await ask(provider, job);
        ports.log({ event: 'sweep.job', token: name, state: job.job });
        count.jobs += 1;
      }
    } catch (problem) {
      const { code, message } = asRotationError(problem, 'reconcile');
      ports.log({ event: 'sweep.failed', token: name, code, detail: message });
      count.failed += 1;
      if (code !== 'not-ours') return;
      looked.add(name); // that it is not there has been seen
      causes.push(missingCause(token));
    }
  };

  function tally(token: SweptToken, state: SecretState, health: Health | undefined, pause: Pause | undefined): void {
    const currentId = holderOf(state, current);
    if (state.rotatedAt !== undefined && ports.clock.now() - state.rotatedAt < (token.overlapHours + 48) * 3_600_000)
      rotatedLately.push(token.name);
    if (state.nextRotationAt !== undefined) nextRotations.set(token.name, state.nextRotationAt);
    if (isOverdue(state, ports.clock.now())) {
      count.overdue += 1;
      ports.log({ event: 'token.overdue', token: token.name });
    }
    if (readParked(state.versions.get(currentId ?? '')) !== undefined) count.parked += 1;
    if (health?.verdict === 'invalid' && health.versionId === currentId) count.dead += 1;
    if (pause !== undefined) count.paused += 1;
    for (const { code } of health?.findings ?? []) {
      if (code === 'still-used' || code === 'no-way-to-revoke') count.held += 1;
      if (code === 'stray') count.strays += 1;
    }
    const now = ports.clock.now();
    if (health?.versionId === currentId) soonestExpiryAt = Math.min(soonestExpiryAt, health?.expiresAt ?? soonestExpiryAt);
    if (state.rotatedAt !== undefined) count.oldestDays = Math.max(count.oldestDays, days(now - state.rotatedAt));
    count.debt += debtOf(state).length;
  }

  const waiting = [...tokens];
  const worker = async () => {
    for (let token = waiting.shift(); token !== undefined; token = waiting.shift()) {
      await look(token);
      if (ports.remaining() <= 30_000) return;
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  const left = waiting.map(({ name }) => name);
  if (isListed) causes.push(...uncatalogedCauses(all, catalog.tokens, { ...catalog, now: ports.clock.now() }));
  const found = { causes, isListed, looked, left, nextRotations, healths: known, isFirst: known.length === 0, rotatedLately };
  const soonest = soonestExpiryAt === Number.POSITIVE_INFINITY ? undefined : days(soonestExpiryAt - ports.clock.now());
  return { tokens: tokens.length, ...count, soonestExpiryDays: soonest, ...found };
}

function days(milliseconds: number): number {
  return Math.floor(milliseconds / 86_400_000);
}

/** An authority that ends is the trouble of every token that it makes. */
function withAuthorities(tokens: readonly SweptToken[], healths: readonly Health[]): readonly Health[] {
  const expiries = new Map<string, number>();
  for (const { secretArn, expiresAt } of healths) {
    if (expiresAt === undefined) continue;
    const [name = ''] = /[^:]+$/.exec(secretArn) ?? [];
    for (const id of [secretArn, name.slice(0, -'-a1b2c3'.length)]) expiries.set(id, expiresAt);
  }
  const authorities = new Map(tokens.map(({ name, authority }) => [name, authority]));
  return healths.map((health) => {
    const authorityExpiresAt = expiries.get(authorities.get(health.token) ?? '');
    return authorityExpiresAt === undefined ? health : { ...health, authorityExpiresAt };
  });
}

/** Secrets of other accounts are not in it, and the newest may not be yet: those are looked at one by one. */
async function list({ store, log }: SweepPorts): Promise<readonly ListedSecret[] | undefined> {
  try {
    const found: ListedSecret[] = [];
    for await (const secret of store.list()) found.push(secret);
    return found;
  } catch (problem) {
    const { code, message } = asRotationError(problem, 'list');
    log({ event: 'sweep.unlisted', code, detail: message });
    return undefined;
  }
}

function byId(secrets: readonly ListedSecret[]): ReadonlyMap<string, SecretState> {
  return new Map(secrets.flatMap((secret) => [[secret.name, secret] as const, [secret.arn, secret] as const]));
}

async function orNothing<Item>(
  { log }: SweepPorts,
  what: string,
  read: () => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  try {
    return await read();
  } catch (problem) {
    const { code, message } = asRotationError(problem, 'reconcile');
    log({ event: `sweep.${what}-unread`, code, detail: message });
    return [];
  }
}
