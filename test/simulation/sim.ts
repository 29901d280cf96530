import { createHash } from 'node:crypto';
import { RotationError } from '../../lib/engine/errors.ts';
import type { OpenToken } from '../../lib/engine/open-token.ts';
import type { Receipt } from '../../lib/engine/ports.ts';
import { rotate, type StepName } from '../../lib/engine/rotate.ts';
import type { Job } from '../../lib/engine/step.ts';
import { sweepJobs } from '../../lib/engine/sweep-jobs.ts';
import { createRotationDriver } from '../../lib/local/secrets-manager/rotation.ts';
import type { Snapshot, Secret as StoredSecret } from '../../lib/local/secrets-manager/state.ts';
import type { Switches } from '../../lib/local/secrets-manager/switches.ts';
import type { FakeToken } from '../../lib/testing/fake.ts';
import { createStage, hour, type Stage, secretName } from '../../lib/testing/stage.ts';
import { type Chance, functionArn, type OutwardCall } from '../../lib/testing/world.ts';
import type { Player } from './cast.ts';
import { judgeCall, judgeStrays, nothingYet, type Truth, type View, type Violation, valueIn, viewOf } from './checkers.ts';
import { crash, type Fault, isChange, outcomeOf } from './faults.ts';

/** What a function does, so that a test can put a wrong one in its place. */
export interface Engine {
  rotate(open: OpenToken, step: StepName, job: Job): Promise<string>;
  readonly jobs: { readonly [Name in keyof typeof sweepJobs]: (open: OpenToken, secretArn: string) => Promise<unknown> };
}

export const theEngine: Engine = { rotate, jobs: sweepJobs };

/** A moment in which nothing runs. All of it is plain data that is never changed in place. */
export interface Moment {
  readonly now: number;
  readonly secrets: Snapshot;
  readonly provider: { readonly tokens: readonly FakeToken[] };
  readonly places: readonly object[];
  readonly receipts: ReadonlyMap<string, Receipt>;
  readonly failureCounts: ReadonlyMap<string, number>;
  readonly truth: Truth;
  readonly faults: number;
}

/** One call that left the engine in a run, and what befell it. */
export interface SeenCall {
  readonly call: OutwardCall;
  readonly fault?: string;
}

/** What one event came to. */
export interface Run {
  readonly calls: readonly SeenCall[];
  readonly moment: Moment;
  readonly violations: readonly Violation[];
}

export interface Sim {
  readonly stage: Stage;
  readonly player: Player;
  moment(): Moment;
  /** Lets something happen from a moment on, under faults. */
  run(from: Moment, event: SimEvent, faults: readonly Fault[]): Promise<Run>;
  /** The same for worlds in which everything that can happen is the same. */
  fingerprint(moment: Moment): string;
}

/** What happens outside of our code, or is asked of it. */
export type SimEvent = 'press' | 'advance' | 'strays' | 'continue' | 'retire' | { readonly hours: number };

/** No mint, no wait and no retry may make a run longer than the function lives. */
const functionSeconds = 300;

export function createSim(
  player: Player,
  options: { engine?: Engine; switches?: Partial<Switches>; coldAuthorities?: boolean } = {},
): Sim {
  const { engine = theEngine, coldAuthorities = false } = options;
  let count = () => 0;
  const chance: Chance = {
    fraction: () => 0.5,
    bytes: (length) => new Uint8Array(length).fill(count()),
    // Named by how many there are, so that worlds that came about differently can be found equal.
    text: (characters) => `n${count()}`.padEnd(characters, '0'),
  };
  const stage = createStage(player, {
    chance,
    switches: { retryCount: 1000, retrySpacingSeconds: 0, rotationToken: 'left-out', ...options.switches },
  });
  count = () => stage.provider.state.tokens.length;

  let truth: Truth = nothingYet;
  let view: View = viewOf(stage);
  let faultCount = 0;
  let current: ActiveRun | undefined;
  let before = undoState();
  const prints = new WeakMap<Moment, string>();

  const broken = (violation: Violation) => current?.violations.push(violation);
  const seen = (thing: unknown) => {
    if (JSON.stringify(thing).includes('canary')) broken({ invariant: 'I8', message: 'a value is in a log or an event' });
  };
  Object.assign(stage.logs, { push: (entry: { event?: string; step?: string; state?: string }) => noteLog(entry) });
  Object.assign(stage.happenings, { push: (happening: unknown) => seen(happening) });

  function noteLog(entry: { event?: string; step?: string; state?: string }): void {
    seen(entry);
    const hasPassed = entry.event === 'step.done' && entry.step === 'testSecret' && entry.state === 'passed';
    if (hasPassed && view.pending) truth = { ...truth, passed: [...truth.passed, view.pending.id] };
  }

  stage.interfere(async (call, effect) => {
    const run = current;
    if (run === undefined) return effect();
    if (run.isDead) throw crash;
    if (!coldAuthorities && call.secret?.startsWith('keyturn/authorities/')) return effect();
    const at = run.calls.length;
    const kind = run.faults.get(at);
    run.calls.push(kind === undefined ? { call } : { call, fault: kind });
    const host = hostOf(call);
    if (run.down.has(host)) return outcomeOf('down', call);
    if (kind === undefined) return withEffect(run, call, effect);
    faultCount += 1;
    if (kind === 'down') run.down.add(host);
    if (kind === 'stale') return stale(effect);
    run.isDead = kind === 'crash-before';
    if (kind === 'crash-after' || (kind === 'lost' && isChange(call)) || (kind === 'garbled' && isChange(call)))
      await withEffect(run, call, effect);
    run.isDead ||= kind === 'crash-after';
    return outcomeOf(kind, call);
  });

  async function withEffect(run: ActiveRun, call: OutwardCall, effect: () => Promise<unknown>): Promise<unknown> {
    const isWrite = isChange(call);
    if (isWrite) {
      if (run.mayNotWrite && call.to !== 'tell' && call.to !== 'history') {
        broken({ invariant: 'I9', message: `a step began to write (${call.what}) after AWSPENDING had left` });
      }
      before = undoState();
    }
    const tokensBefore = stage.provider.state.tokens.length;
    const answer = await effect();
    if (stage.provider.state.tokens.length > tokensBefore) run.mints += 1;
    if (run.mints > 1) broken({ invariant: 'I13', message: 'one run minted twice' });
    if (isWrite) look(call);
    return answer;
  }

  function look(call: OutwardCall): void {
    const after = viewOf(stage);
    truth = judgeCall(stage, { before: view, after, truth, call, now: stage.clock.now() }, broken);
    view = after;
  }

  /** What stands there now. */
  function undoState(): Pick<Moment, 'secrets' | 'provider' | 'places'> {
    return {
      secrets: stage.secretsManager.snapshot(),
      provider: stage.provider.state,
      places: stage.places.map(({ state }) => state),
    };
  }

  async function stale(effect: () => Promise<unknown>): Promise<unknown> {
    const now = undoState();
    putBack(before);
    try {
      return await effect();
    } finally {
      putBack(now);
    }
  }

  function putBack({ secrets, provider, places }: Pick<Moment, 'secrets' | 'provider' | 'places'>): void {
    stage.secretsManager.restore(secrets);
    stage.provider.state = provider;
    stage.places.forEach((place, index) => {
      place.state = places[index] ?? place.state;
    });
  }

  /** One run of the function: what it throws is its answer. */
  async function asFunction(act: () => Promise<unknown>, versionId?: string): Promise<boolean> {
    const run = current;
    const startedAt = stage.clock.now();
    if (run !== undefined) {
      const pending = viewOf(stage).pending?.id;
      run.mayNotWrite = versionId !== undefined && pending !== versionId;
      run.mints = 0;
    }
    try {
      await act();
      return run?.isDead !== true;
    } catch (error) {
      if (error !== crash && !(error instanceof RotationError))
        broken({ invariant: 'internal', message: `the engine threw ${String(error)}` });
      if (error instanceof RotationError) {
        seen(error);
        if (error.code === 'internal' && run?.isDead !== true) broken({ invariant: 'internal', message: error.message });
      }
      return false;
    } finally {
      if (stage.clock.now() - startedAt > functionSeconds * 1000)
        broken({ invariant: 'I13', message: 'a run outlived its function' });
      if (run !== undefined) run.mayNotWrite = false;
    }
  }

  const driver = createRotationDriver(stage.secretsManager, {
    async invoke(_arn, { Step, SecretId, ClientRequestToken }) {
      const job = { secretArn: SecretId, clientRequestToken: ClientRequestToken, functionArn };
      const isDone = await asFunction(async () => engine.rotate(await stage.open(stage.token), Step, job), ClientRequestToken);
      return isDone ? { ok: true } : { ok: false, errorMessage: 'failed' };
    },
  });

  async function happen(event: SimEvent): Promise<void> {
    if (typeof event === 'object') stage.clock.advance(event.hours * hour);
    else if (event === 'press') press();
    else if (event === 'advance') await driver.advance(stage.arn);
    else await asFunction(async () => engine.jobs[event](await stage.open(stage.token), stage.arn));
  }

  /** A person presses Rotate; for a token that no API mints they have made one and submitted it. */
  function press(): void {
    if (view.pending !== undefined && view.pending.id !== view.current?.id) return; // Secrets Manager would refuse
    const id = `rotation-${stage.provider.state.tokens.length}-${view.versions.length}`.padEnd(36, '-');
    if (player.rotator.facts.kind === 'assisted') submit(id);
    stage.begin(id);
  }

  function submit(id: string): void {
    const submitted = view.versions.find(({ labels }) => labels.includes('keyturn-submitted'));
    const text = submitted?.value && 'text' in submitted.value ? submitted.value.text : '';
    const isTakenUp = view.versions.some((version) => text.includes(valueIn(stage, version) ?? ' '));
    if (submitted !== undefined && !isTakenUp) return; // the owner's last one still waits
    const { value } = stage.provider.makeByHand('made by the owner');
    stage.secretsManager.call('PutSecretValue', {
      SecretId: stage.arn,
      ClientRequestToken: `submission-${id}`,
      SecretString: JSON.stringify({ value }),
      VersionStages: ['keyturn-submitted'],
    });
  }

  function moment(): Moment {
    // A fake that changed its state in place would change the past.
    for (const state of [stage.provider.state, stage.provider.state.tokens, ...stage.places.map((place) => place.state)])
      Object.freeze(state);
    return {
      now: stage.clock.now(),
      secrets: stage.secretsManager.snapshot(),
      provider: stage.provider.state,
      places: stage.places.map(({ state }) => state),
      receipts: new Map(stage.receipts),
      failureCounts: new Map(stage.failureCounts),
      truth,
      faults: faultCount,
    };
  }

  function goTo(to: Moment): void {
    stage.clock.set(to.now);
    putBack(to);
    replace(stage.receipts, to.receipts);
    replace(stage.failureCounts, to.failureCounts);
    truth = to.truth;
    faultCount = to.faults;
    view = viewOf(stage);
    before = undoState();
    stage.calls.length = 0;
    if (coldAuthorities) stage.coldStart();
  }

  return {
    stage,
    player,
    moment,
    async run(from, event, faults) {
      goTo(from);
      const run: ActiveRun = {
        calls: [],
        violations: [],
        faults: new Map(faults.map(({ at, kind }) => [at, kind])),
        down: new Set(),
        isDead: false,
        mayNotWrite: false,
        mints: 0,
      };
      current = run;
      await happen(event);
      const after = viewOf(stage);
      truth = judgeCall(
        stage,
        { before: view, after, truth, call: { to: 'aws', what: 'Describe' }, now: stage.clock.now() },
        broken,
      );
      view = after;
      judgeStrays(stage, view, truth, faultCount, broken);
      current = undefined;
      return { calls: run.calls, moment: moment(), violations: run.violations };
    },
    fingerprint(at) {
      const known = prints.get(at) ?? fingerprintOf(stage, at);
      prints.set(at, known);
      return known;
    },
  };
}

interface ActiveRun {
  readonly calls: SeenCall[];
  readonly violations: Violation[];
  readonly faults: ReadonlyMap<number, Fault['kind']>;
  readonly down: Set<string>;
  isDead: boolean;
  mayNotWrite: boolean;
  mints: number;
}

function hostOf({ to, what }: OutwardCall): string {
  return to === 'network' ? (/https:\/\/([^/]+)/.exec(what)?.[1] ?? '') : to;
}

function replace<Key, Value>(target: Map<Key, Value>, source: ReadonlyMap<Key, Value>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}

// ---------------------------------------------------------------------------------------------------------------- fingerprints

/**
 * Everything that what follows may depend on. Times are ages, to the second; what only counts attempts, what nobody can reach any more
 * (versions without labels, former values of a copied secret) and the time inside a mark are left out.
 */
function fingerprintOf(stage: Stage, { now, secrets, provider, places, receipts, failureCounts, truth }: Moment): string {
  const age = (at: number | undefined) => (at === undefined ? undefined : Math.round((now - at) / 1000));
  const label = (text: string) => text.replace(/\d{10}$/, (seconds) => `@${age(Number(seconds) * 1000)}`);
  const versionsOf = ({ name, versions }: StoredSecret) =>
    versions
      .filter(({ labels }) => labels.length > 0 && (name === secretName || labels.includes('AWSCURRENT')))
      .map((version) =>
        name === secretName ? [version.id, version.labels.map(label), version.value, age(version.createdAt)] : [version.value],
      );
  const stored = [...secrets.secrets.values()]
    .filter(({ name }) => !name.startsWith('keyturn/'))
    .map((secret) => [secret.name, versionsOf(secret), secret.rotation?.enabled, runOf(secret)]);
  const tokens = provider.tokens.map(({ ref, value, name, createdAt, revokedAt }) => [
    ref,
    value,
    name?.replace(/(kt\.\w+\.\w+)\.\w+$/, '$1'),
    age(createdAt),
    revokedAt === undefined ? null : age(revokedAt),
  ]);
  const told = [...receipts].map(([key, { digest, isWritten, version, activation, appliedAt, inEffectAt }]) => [
    key,
    digest,
    isWritten,
    version,
    activation,
    age(appliedAt),
    age(inEffectAt),
  ]);
  const known = { ...truth, supersededAt: Object.entries(truth.supersededAt).map(([value, at]) => [value, age(at)]) };
  const shelves = places.map((state) => relative(state, now));
  const whole = JSON.stringify([stored, tokens, shelves, stage.places.length, told, [...failureCounts], known]);
  return createHash('sha1').update(whole).digest('base64');
}

function runOf({ rotation }: StoredSecret): unknown {
  const { run } = rotation ?? {};
  return run && [run.kind, run.versionId, run.done, run.active, run.dueAt !== undefined];
}

/** A place's state, with times as ages; what a receiver has seen only keeps it from hearing twice. */
function relative(data: unknown, now: number): unknown {
  return JSON.parse(JSON.stringify(data) ?? 'null', (name, value) => {
    if (name === 'seen') return undefined;
    return typeof value === 'number' && value > 1e12 ? Math.round((now - value) / 1000) : value;
  });
}
