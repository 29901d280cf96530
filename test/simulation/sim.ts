import { AsyncLocalStorage } from 'node:async_hooks';
import { hash } from 'node:crypto';
import { RotationError } from '../../lib/engine/errors.ts';
import { holdLabel, readHold, readOurLabel } from '../../lib/engine/labels.ts';
import { writeMark } from '../../lib/engine/mark.ts';
import type { OpenToken } from '../../lib/engine/open-token.ts';
import type { Receipt } from '../../lib/engine/ports.ts';
import type { Happened, Health, Pause } from '../../lib/engine/records.ts';
import { rotate, type StepName } from '../../lib/engine/rotate.ts';
import type { Job } from '../../lib/engine/step.ts';
import { sweepJobs } from '../../lib/engine/sweep-jobs.ts';
import { seconds } from '../../lib/engine/time.ts';
import { AwsError } from '../../lib/local/aws-error.ts';
import { createRotationDriver } from '../../lib/local/secrets-manager/rotation.ts';
import type { Snapshot, Secret as StoredSecret } from '../../lib/local/secrets-manager/state.ts';
import type { Switches } from '../../lib/local/secrets-manager/switches.ts';
import type { FakeToken } from '../../lib/testing/fake.ts';
import { createStage, hour, type Stage, secretName } from '../../lib/testing/stage.ts';
import { type Chance, functionArn, type OutwardCall } from '../../lib/testing/world.ts';
import type { Player } from './cast.ts';
import {
  isTakenApart,
  judgeCall,
  judgePutBack,
  judgeStrays,
  nothingYet,
  type Truth,
  type View,
  type Violation,
  valueIn,
  viewOf,
} from './checkers.ts';
import { crash, type Fault, type FaultKind, isChange, outcomeOf } from './faults.ts';

/** What a function does, so that a test can put a wrong one in its place. */
export interface Engine {
  rotate(open: OpenToken, step: StepName, job: Job): Promise<string>;
  readonly jobs: { readonly [Name in keyof typeof sweepJobs]: (open: OpenToken, secretArn: string) => Promise<unknown> };
}

export const theEngine: Engine = { rotate, jobs: sweepJobs };

/** A moment in which nothing runs. All of it is plain data that is never changed in place. */
export interface Moment {
  readonly now: number;
  /** By so much the functions' clock is wrong. */
  readonly wrongByMilliseconds: number;
  readonly secrets: Snapshot;
  readonly provider: { readonly tokens: readonly FakeToken[] };
  readonly places: readonly object[];
  readonly receipts: ReadonlyMap<string, Receipt>;
  readonly failureCounts: ReadonlyMap<string, number>;
  readonly recorded: {
    readonly happened: ReadonlyMap<string, Happened>;
    readonly health: ReadonlyMap<string, Health>;
    readonly pauses: ReadonlyMap<string, Pause>;
  };
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
  /** Lets actors run beside each other; `decide` is asked at every call, and may break off. */
  interleave(
    from: Moment,
    actors: readonly Actor[],
    decide: (point: Point) => Choice | 'break off',
  ): Promise<Run & { readonly isWhole: boolean }>;
  /** The same for worlds in which everything that can happen is the same. */
  fingerprint(moment: Moment): string;
  /** The same for worlds that differ by nothing but how old things are. */
  timelessPrint(moment: Moment): string;
}

/**
 * What happens outside of our code, or is asked of it. `test run` is RotateSecret with RotateImmediately=false; `cancel` turns rotation off
 * and takes AWSPENDING away; `edit` is a value that a person puts in, `tamper` one that a stranger writes into
 * a place; `hold` keeps every old token alive until `release`; `roll back` swaps the labels; `end authority` and `renew authority`:
 * the provider refuses the stored authority, until a person has stored the right one again. `clock ahead`, `clock back`: by an hour, and the
 * functions' own clock only, until it is right again. `neighbour rotates`: another secret of ours, on the same account of the provider, gets a
 * new token, and its old one ends.
 */
export const plainEvents = [
  'press',
  'advance',
  'strays',
  'continue',
  'retire',
  'begin',
  'watch',
  'drill',
  'test run',
  'cancel',
  'turn on',
  'edit',
  'tamper',
  'hold',
  'release',
  'roll back',
  'end authority',
  'renew authority',
  'clock ahead',
  'clock back',
  'clock right',
  'neighbour rotates',
] as const;

/** What a sweep asks for. */
type JobEvent = 'strays' | 'continue' | 'retire' | 'begin' | 'watch' | 'drill';

/** What people do, or a provider of itself. */
type HandEvent = Exclude<(typeof plainEvents)[number], 'advance' | JobEvent>;

export type SimEvent = (typeof plainEvents)[number] | { readonly hours: number } | { readonly step: StepName };

/** Things that one actor does, one after the other, while another does its own. */
export type Actor = readonly SimEvent[];

/** A moment in which every actor waits at a call (or has ended), and somebody has to decide who goes on. */
export interface Point {
  readonly waiting: readonly { readonly actor: number; readonly call: OutwardCall }[];
  /** The same where the world is the same and every actor knows the same. Takes its time, so it is asked only where nothing is planned. `isStaleSeen`: what a stale look would show counts too. */
  print(isStaleSeen: boolean): string;
}

export interface Choice {
  readonly actor: number;
  readonly fault?: FaultKind;
}

/** No mint, no wait and no retry may make a run longer than the function lives. */
const functionSeconds = 300;

export function createSim(
  player: Player,
  options: { engine?: Engine; switches?: Partial<Switches>; coldAuthorities?: boolean } = {},
): Sim {
  const { engine = theEngine, coldAuthorities = false } = options;
  let count = () => 0;
  /** Of a rotation that a sweep begins: another one than that of the rotation before. */
  const newByte = () => {
    const { rotation, versions } = stage.secretsManager.setting.state.get(stage.arn) ?? {};
    const taken = [rotation?.run?.versionId, ...(versions ?? []).map(({ id }) => id)];
    for (let byte = count() + 100; ; byte += 1) if (!taken.includes(Buffer.alloc(16, byte).toString('hex'))) return byte;
  };
  /** Of a value of our own choice: another one than those that are stored, installed or not. */
  const newValue = () => count() + (stage.secretsManager.setting.state.get(stage.arn)?.versions.length ?? 0);
  const chance: Chance = {
    fraction: () => 0.5,
    bytes: (length) => new Uint8Array(length).fill(length === 16 ? newByte() : newValue()),
    // Named by how many there are, so that worlds that came about differently can be found equal: in front, with an end, else the first and the
    // tenth would be called alike; and behind, for some show the last characters of a value, and all of them would be shown alike.
    text(characters) {
      const behind = characters < 9 ? '' : String(count()).padStart(4, '0');
      return `${`n${count()}z`.padEnd(characters - behind.length, '0')}${behind}`;
    },
  };
  let runStartedAt = 0;
  const stage: Stage = createStage(player, {
    chance,
    remaining: () => functionSeconds * 1000 - (stage.clock.now() - runStartedAt),
    switches: { retryCount: 1000, retrySpacingSeconds: 0, rotationToken: 'left-out', ...options.switches },
  });
  count = () => stage.provider.state.tokens.length;

  let truth: Truth = nothingYet;
  let view: View = viewOf(stage);
  let faultCount = 0;
  const beside = new AsyncLocalStorage<ActiveRun>();
  let alone: ActiveRun | undefined;
  const runNow = () => beside.getStore() ?? alone;
  let before = undoState();
  /** Counts what happens, so that it can be said what came first. */
  let order = 0;
  let handMovedAt = 0;
  const prints = new WeakMap<Moment, string>();
  const stalePrints = new WeakMap<object, string>();

  const broken = (violation: Violation) => runNow()?.violations.push(violation);
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
    const run = runNow();
    if (run === undefined) return effect();
    if (call.what === 'happened') throw new Error('what was told must not decide anything: no fingerprint tells of it');
    if (run.isDead) throw crash;
    if (!coldAuthorities && call.secret?.startsWith('keyturn/authorities/')) return effect();
    return run.next === undefined ? meet(run, call, effect, run.faults.get(run.calls.length)) : inTurn(run, call, effect);
  });

  /** One actor waits at one call at a time: what it asks for all at once is answered one after the other. */
  function inTurn(run: ActiveRun, call: OutwardCall, effect: () => Promise<unknown>): Promise<unknown> {
    const met = run.last.then(async () => {
      if (run.isDead) throw crash;
      const kind = await run.next?.(call);
      const outcome = meet(run, call, effect, kind);
      note(run, call, kind, await outcome.catch(() => 'thrown'));
      return outcome;
    });
    run.last = met.catch(() => {});
    return met;
  }

  async function meet(
    run: ActiveRun,
    call: OutwardCall,
    effect: () => Promise<unknown>,
    kind: FaultKind | undefined,
  ): Promise<unknown> {
    if (run.isDead) throw crash; // it was broken off while it waited
    order += 1;
    if (kind === undefined && call.what === `DescribeSecret ${secretName}`) run.lookedAt = order;
    run.calls.push(kind === undefined ? { call } : { call, fault: kind });
    return befall(run, call, kind, effect);
  }

  async function befall(
    run: ActiveRun,
    call: OutwardCall,
    kind: FaultKind | undefined,
    effect: () => Promise<unknown>,
  ): Promise<unknown> {
    const host = hostOf(call);
    if (run.down.has(host)) return outcomeOf('down', call);
    if (kind === undefined) return withEffect(run, call, effect);
    faultCount += 1;
    run.hasFaults = true;
    if (kind === 'down') run.down.add(host);
    run.hasSeenStale ||= kind === 'stale';
    if (kind === 'stale') return stale(effect);
    run.isDead = kind === 'crash-before';
    const hasEffect = kind === 'crash-after' || ((kind === 'lost' || kind === 'garbled') && isChange(call));
    const answer = hasEffect ? await withEffect(run, call, effect) : undefined;
    // Whoever garbles an answer makes no refusal a success.
    if (kind === 'garbled' && ((answer as { status?: number } | undefined)?.status ?? 200) >= 400) return answer;
    run.isDead ||= kind === 'crash-after';
    return outcomeOf(kind, call);
  }

  /** What an actor knows is what it was answered: its code does nothing by chance. */
  function note(run: ActiveRun, call: OutwardCall, kind: FaultKind | undefined, outcome: unknown): void {
    const { status, shown } = (outcome ?? {}) as { status?: number; shown?: unknown };
    const told = call.to === 'network' ? [status, shown] : outcome;
    run.knows = hash('sha1', `${run.knows} ${call.what} ${kind} ${relative(told, stage.clock.now())}`, 'base64');
  }

  async function withEffect(run: ActiveRun, call: OutwardCall, effect: () => Promise<unknown>): Promise<unknown> {
    const isWrite = isChange(call);
    // docs/decisions/2026-11-25-a-stale-label.md
    const mayNotWrite = run.mayNotWrite && !run.hasSeenStale && (call.to === 'aws' || call.to === 'network');
    const outside = isWrite && mayNotWrite && call.to === 'network' ? whatStandsOutside() : undefined;
    if (isWrite) before = undoState();
    const tokensBefore = stage.provider.state.tokens.length;
    const answer = await effect();
    // docs/decisions/2026-11-27-asking-by-post.md
    if (isWrite && mayNotWrite && (outside === undefined || outside !== whatStandsOutside()))
      broken({ invariant: 'I9', message: `a step began to write (${call.what}) after AWSPENDING had left` });
    if (isWrite && stage.provider.state.tokens.length > tokensBefore) run.mints += 1;
    if (run.mints > 1) broken({ invariant: 'I13', message: 'one run minted twice' });
    if (isWrite) look(call);
    return answer;
  }

  /** Which tokens there are and work, and what the places hold. */
  function whatStandsOutside(): string {
    const tokens = stage.provider.state.tokens.map(({ ref, revokedAt }) => [ref, revokedAt]);
    return JSON.stringify([tokens, stage.places.map((place) => [place.written?.(), place.holds()])]);
  }

  function look(call: OutwardCall): void {
    const after = viewOf(stage);
    const run = runNow();
    const hasFaults = run?.hasFaults === true;
    // What was current before a run began is there for the asking, so not to have asked is no excuse.
    const isNews = run !== undefined && (handMovedAt > run.startedAt || run.hasSeenStale);
    const couldKnow = !isNews || run.lookedAt > handMovedAt;
    truth = judgeCall(stage, { before: view, after, truth, call, now: stage.clock.now(), hasFaults, couldKnow }, broken);
    if (run !== undefined && isTakenApart(view, after, call)) run.tookApart = { at: order, value: valueIn(stage, view.pending) };
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

  function stalePrint(): string {
    const known = stalePrints.get(before) ?? fingerprintOf(stage, { ...moment(), ...before });
    stalePrints.set(before, known);
    return known;
  }

  const readsTheSecret = (index: number) => player.dependents?.[index]?.plugin.facts.readsFrom === 'the-secret';

  /** In the end, where nothing befell anybody and no person moved a label since. */
  function judgeTakenApart(runs: readonly ActiveRun[]): void {
    // A place that looks at the time of a message refuses whoever's clock is wrong.
    if (stage.ourClock.wrongByMilliseconds !== 0 || runs.some(({ isDead, hasFaults }) => isDead || hasFaults)) return;
    for (const { tookApart, violations } of runs)
      if (tookApart !== undefined && tookApart.at > handMovedAt)
        judgePutBack(stage, viewOf(stage), tookApart.value, readsTheSecret, (violation) => violations.push(violation));
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
    const run = runNow();
    const startedAt = stage.clock.now();
    runStartedAt = startedAt;
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
    if (typeof event === 'object') {
      if ('hours' in event) stage.clock.advance(event.hours * hour);
      else await oneStep(event.step);
      return;
    }
    switch (event) {
      case 'advance':
        await driver.advance(stage.arn);
        return;
      case 'strays':
      case 'continue':
      case 'retire':
      case 'begin':
      case 'watch':
      case 'drill':
        await asFunction(async () => engine.jobs[event](await stage.open(stage.token), stage.arn));
        if (event === 'retire') endOld();
        return;
      default:
        try {
          byHand(event);
        } catch (error) {
          if (!(error instanceof AwsError)) throw error; // what Secrets Manager refuses a person has not happened
        }
    }
  }

  /** A step as it may come late or twice: for the version that was pending when the actors began. */
  async function oneStep(step: StepName): Promise<void> {
    const clientRequestToken = runNow()?.versionId ?? '';
    const job = { secretArn: stage.arn, clientRequestToken, functionArn };
    await asFunction(async () => engine.rotate(await stage.open(stage.token), step, job), clientRequestToken);
  }

  /** What people do in the console, at once and without a thought of us. */
  function byHand(event: HandEvent): void {
    const { secretsManager, arn } = stage;
    view = viewOf(stage);
    const { current, pending, versions } = view;
    const move = (label: string, from: string | undefined, to: string | undefined) =>
      secretsManager.call('UpdateSecretVersionStage', {
        SecretId: arn,
        VersionStage: label,
        RemoveFromVersionId: from,
        MoveToVersionId: to,
      });
    if (event === 'press') press();
    if (event === 'test run') {
      const id = `test-run-${versions.length}`.padEnd(36, '-');
      secretsManager.call('RotateSecret', {
        SecretId: arn,
        ClientRequestToken: id,
        RotationLambdaARN: functionArn,
        RotateImmediately: false,
      });
    }
    if (event === 'cancel') {
      secretsManager.call('CancelRotateSecret', { SecretId: arn });
      if (pending !== undefined && pending.id !== current?.id) move('AWSPENDING', pending.id, undefined);
    }
    if (event === 'edit') {
      const made = stage.provider.makeByHand('made by a person');
      const { value, ref } = made;
      truth = { ...truth, byHand: [...truth.byHand, value], strangers: [...truth.strangers, ref] };
      const id = `edit-${versions.length}`.padEnd(36, '-');
      secretsManager.call('PutSecretValue', { SecretId: arn, ClientRequestToken: id, SecretString: laidOut(made) });
    }
    if (event === 'tamper') tamper();
    const hold = readHold({ versions: new Map(versions.map(({ id, labels }) => [id, labels])) });
    if (event === 'hold' && hold === undefined)
      move(holdLabel(seconds(stage.clock.now()), 'an audit') ?? '', undefined, current?.id);
    if (event === 'release' && hold !== undefined) move(hold.label, hold.versionId, undefined);
    if (event === 'end authority') storeAuthority('canary-ended-');
    if (event === 'renew authority') storeAuthority('');
    if (event === 'clock ahead') stage.ourClock.wrongByMilliseconds += hour;
    if (event === 'clock back') stage.ourClock.wrongByMilliseconds -= hour;
    if (event === 'clock right') stage.ourClock.wrongByMilliseconds = 0;
    if (event === 'neighbour rotates') neighbourRotates();
    if (event === 'turn on') {
      const secret = secretsManager.setting.state.get(arn);
      if (secret?.rotation)
        secretsManager.setting.state.set({ ...secret, rotation: { ...secret.rotation, enabled: true } }, stage.clock.now());
    }
    if (event === 'roll back') {
      const previous = versions.find(({ labels }) => labels.includes('AWSPREVIOUS'));
      if (previous) truth = { ...truth, passed: [...truth.passed, previous.id] };
      if (previous) move('AWSCURRENT', current?.id, previous.id);
    }
    order += 1;
    if (viewOf(stage).current?.id !== current?.id || event === 'hold') handMovedAt = order;
    look({ to: 'aws', what: `by hand: ${event}` });
  }

  /** A stranger writes into the first place. Where nothing tells, nobody can know of it; where the catalog says adopt, it is welcome to go. */
  function tamper(): void {
    const [place] = stage.places;
    const [{ plugin, onForeign = 'stop' } = { plugin: undefined }] = player.dependents ?? [];
    const isSeen = plugin !== undefined && !player.isBlind && ['value', 'digest', 'tail'].includes(plugin.facts.readClass);
    if (place === undefined || !isSeen || onForeign === 'adopt') return;
    place.tamper('canary-of-a-stranger');
    truth = { ...truth, tampered: { 0: 'canary-of-a-stranger' } };
  }

  /** What a person made, in the secret's layout; fields that are none of the token's are as they are now. */
  function laidOut({ value, parts = {} }: { value: string; parts?: Readonly<Record<string, string>> }): string {
    const { format } = stage.token.value;
    if (format === 'text') return value;
    const { fields } = stage.token.value;
    const made = Object.entries({ value, ...parts }).map(([part, text]) => [fields[part] ?? part, text]);
    return JSON.stringify({ ...JSON.parse(stage.text() ?? '{}'), ...Object.fromEntries(made) });
  }

  /** What the provider takes, or with something before it, which it does not. Functions begin anew, so that none of them remembers another. */
  function storeAuthority(before: string): void {
    const SecretId = 'keyturn/authorities/provider';
    const authority = Object.entries(stage.provider.authority).map(([name, text]) => [name, `${before}${text}`]);
    const id = `authority-${order}`.padEnd(36, '-');
    const SecretString = JSON.stringify(Object.fromEntries(authority));
    stage.secretsManager.call('PutSecretValue', { SecretId, ClientRequestToken: id, SecretString });
    stage.coldStart();
  }

  /** Named by how much there is, so that worlds that came about differently can be found equal; a rotation that left nothing is told apart. */
  function newVersionId(): string {
    const secret = stage.secretsManager.setting.state.get(stage.arn);
    const taken = [secret?.rotation?.run?.versionId, ...view.versions.map(({ id }) => id)];
    const named = (again: string) =>
      `rotation-${stage.provider.state.tokens.length}-${view.versions.length}${again}`.padEnd(36, '-');
    return taken.includes(named('')) ? named('-again') : named('');
  }

  /** A person presses Rotate; for a token that no API mints they have made one and submitted it. */
  function press(): void {
    if (view.pending !== undefined && view.pending.id !== view.current?.id) return; // Secrets Manager would refuse
    const id = newVersionId();
    if (player.rotator.facts.kind === 'assisted') submit(id);
    stage.begin(id);
  }

  function submit(id: string): void {
    const submitted = view.versions.find(({ labels }) => labels.includes('keyturn-submitted'));
    const text = submitted?.value && 'text' in submitted.value ? submitted.value.text : '';
    const values = view.versions.flatMap((version) => valueIn(stage, version) ?? []);
    const isTakenUp = values.some((value) => text.includes(value));
    if (submitted !== undefined && !isTakenUp) return; // the owner's last one still waits
    stage.submit(stage.provider.makeByHand('made by the owner'), `submission-${id}`);
  }

  /**
   * Where the provider has no call for it, the owner ends old tokens there when they are told to, as the runbook says: once the overlap is over, and every place has the
   * current one. What never was current goes when nothing can be at work on it any more.
   */
  function endOld(): void {
    const { facts } = player.rotator;
    if (facts.revoke.can || facts.strategy === 'replace') return;
    view = viewOf(stage);
    const { current, pending, versions } = view;
    const isHeld = readHold({ versions: new Map(versions.map(({ id, labels }) => [id, labels])) }) !== undefined;
    if (isHeld || stage.places.some((place) => place.holds() !== valueIn(stage, current))) return;
    const now = stage.clock.now();
    const old = versions.filter(
      ({ id, labels }) => id !== current?.id && id !== pending?.id && readOurLabel(labels) !== undefined,
    );
    const stay = [valueIn(stage, current), valueIn(stage, pending)];
    const values = old.map((version) => valueIn(stage, version)).filter((value) => !stay.includes(value));
    const isOver = ({ value, createdAt }: FakeToken) =>
      truth.everCurrent.includes(value)
        ? now - (truth.supersededAt[value] ?? now) > (stage.token.overlapHours + 1) * hour
        : now - createdAt > 3 * hour;
    const ends = (token: FakeToken) => token.revokedAt === undefined && values.includes(token.value) && isOver(token);
    const { tokens } = stage.provider.state;
    if (!tokens.some(ends)) return;
    stage.provider.state = {
      ...stage.provider.state,
      tokens: tokens.map((token) => (ends(token) ? { ...token, revokedAt: now } : token)),
    };
    look({ to: 'network', what: 'by hand: end old' });
  }

  function moment(): Moment {
    // A fake that changed its state in place would change the past.
    for (const state of [stage.provider.state, stage.provider.state.tokens, ...stage.places.map((place) => place.state)])
      Object.freeze(state);
    return {
      now: stage.clock.now(),
      wrongByMilliseconds: stage.ourClock.wrongByMilliseconds,
      secrets: stage.secretsManager.snapshot(),
      provider: stage.provider.state,
      places: stage.places.map(({ state }) => state),
      receipts: new Map(stage.receipts),
      failureCounts: new Map(stage.failureCounts),
      recorded: {
        happened: new Map(stage.recorded.happened),
        health: new Map(stage.recorded.health),
        pauses: new Map(stage.recorded.pauses),
      },
      truth,
      faults: faultCount,
    };
  }

  function goTo(to: Moment): void {
    stage.clock.set(to.now);
    stage.ourClock.wrongByMilliseconds = to.wrongByMilliseconds;
    putBack(to);
    replace(stage.receipts, to.receipts);
    replace(stage.failureCounts, to.failureCounts);
    replace(stage.recorded.happened, to.recorded.happened);
    replace(stage.recorded.health, to.recorded.health);
    replace(stage.recorded.pauses, to.recorded.pauses);
    truth = to.truth;
    faultCount = to.faults;
    view = viewOf(stage);
    before = undoState();
    stage.calls.length = 0;
    if (coldAuthorities) stage.coldStart();
  }

  /** Tokens of others on the same account: another secret's of ours, and one that a person made. Nobody but us is where the account is ours alone. */
  function inviteStrangers(): void {
    const mark = neighboursMark();
    if (mark === undefined) return;
    const refs = [mark, 'made by a person'].map((name) => stage.provider.makeByHand(name).ref);
    truth = { ...truth, strangers: refs };
  }

  /** As our own, with another secret in it: of this installation or of another, which comes to the same. */
  function neighboursMark(): string | undefined {
    const { mark } = player.rotator.facts;
    if (!mark.can) return undefined;
    const elsewhere = {
      secretArn: `${stage.arn.slice(0, -6)}Others`,
      clientRequestToken: `neighbour-${truth.strangers.length}`.padEnd(36, '-'),
      now: stage.clock.now(),
      random: new Uint8Array(4),
    };
    return writeMark(elsewhere, { maximumCharacters: mark.maximumCharacters, tokenName: 'theirs' });
  }

  /** Its new token is made before its old one ends, so that both are in every list for a moment; where there is no room it waits. */
  function neighbourRotates(): void {
    const mark = neighboursMark();
    const { slots } = player.rotator.facts;
    const [old, ...others] = truth.strangers;
    const { tokens } = stage.provider.state;
    if (mark === undefined || old === undefined || (slots.can && stage.live().length >= slots.live)) return;
    const { ref } = stage.provider.makeByHand(mark);
    const revokedAt = stage.clock.now();
    const ended = tokens.filter((token) => token.ref === old).map(({ value }) => value);
    truth = { ...truth, strangers: [ref, ...others, old], endedByOthers: [...truth.endedByOthers, ...ended] };
    const end = (token: FakeToken) => (token.ref === old ? { ...token, revokedAt } : token);
    stage.provider.state = { ...stage.provider.state, tokens: stage.provider.state.tokens.map(end) };
  }
  inviteStrangers();
  view = viewOf(stage);

  function newRun(faults: readonly Fault[] = []): ActiveRun {
    return {
      calls: [],
      violations: [],
      faults: new Map(faults.map(({ at, kind }) => [at, kind])),
      down: new Set(),
      isDead: false,
      hasFaults: false,
      mayNotWrite: false,
      mints: 0,
      knows: '',
      lookedAt: 0,
      tookApart: undefined,
      startedAt: order,
      hasSeenStale: false,
      versionId: viewOf(stage).pending?.id,
      next: undefined,
      last: Promise.resolve(),
    };
  }

  return {
    stage,
    player,
    moment,
    async run(from, event, faults) {
      goTo(from);
      const run = newRun(faults);
      alone = run;
      await happen(event);
      look({ to: 'aws', what: 'the end of it' });
      judgeStrays(stage, view, truth, faultCount, broken);
      judgeTakenApart([run]);
      alone = undefined;
      return { calls: run.calls, moment: moment(), violations: run.violations };
    },
    async interleave(from, actors, decide) {
      goTo(from);
      const runs = actors.map(() => newRun());
      const waiting = new Map<number, { call: OutwardCall; go: (kind: FaultKind | undefined) => void }>();
      const ended = new Set<number>();
      const order: SeenCall[] = [];
      let wake = () => {};
      const acting = runs.map((run, actor) => {
        run.next = (call) =>
          new Promise((go) => {
            waiting.set(actor, { call, go });
            wake();
          });
        const act = async () => {
          for (const event of actors[actor] ?? []) {
            // What people do is one call, like any other: somebody has to let it happen.
            if (isByHand(event)) await run.next?.({ to: 'aws', what: `by hand: ${event}` });
            if (!run.isDead || !isByHand(event)) await happen(event);
          }
        };
        return beside.run(run, act).finally(() => {
          ended.add(actor);
          wake();
        });
      });
      let isWhole = true;
      for (;;) {
        while (waiting.size + ended.size < runs.length) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (waiting.size === 0) break;
        const point = {
          waiting: [...waiting].map(([actor, { call }]) => ({ actor, call })).sort((a, b) => a.actor - b.actor),
          print: printOf,
        };
        const choice = decide(point);
        if (choice === 'break off') {
          isWhole = false;
          for (const run of runs) run.isDead = true;
          for (const { go } of waiting.values()) go(undefined);
          break;
        }
        const chosen = waiting.get(choice.actor);
        waiting.delete(choice.actor);
        if (chosen)
          order.push({
            call: { ...chosen.call, what: `${'AB'[choice.actor]}  ${chosen.call.what}` },
            ...(choice.fault ? { fault: choice.fault } : {}),
          });
        chosen?.go(choice.fault);
      }
      await Promise.all(acting);
      if (isWhole) judgeTakenApart(runs);
      return { calls: order, moment: moment(), violations: runs.flatMap(({ violations }) => violations), isWhole };

      function printOf(isStaleSeen: boolean): string {
        const knows = runs.map((run, actor) => `${ended.has(actor)} ${run.knows} ${[...run.down]}`).join();
        const stale = isStaleSeen ? stalePrint() : '';
        return `${fingerprintOf(stage, moment())} ${stale} ${knows}`;
      }
    },
    fingerprint(at) {
      const known = prints.get(at) ?? fingerprintOf(stage, at);
      prints.set(at, known);
      return known;
    },
    timelessPrint: (at) => fingerprintOf(stage, at, () => 0),
  };
}

interface ActiveRun {
  readonly calls: SeenCall[];
  readonly violations: Violation[];
  readonly faults: ReadonlyMap<number, Fault['kind']>;
  readonly down: Set<string>;
  isDead: boolean;
  hasFaults: boolean;
  mayNotWrite: boolean;
  mints: number;
  /** A digest of everything that it was answered. */
  knows: string;
  /** When it last asked for the labels of the secret. */
  lookedAt: number;
  /** When it gave a rotation up, and the value that was to become current. */
  tookApart: { readonly at: number; readonly value: string | undefined } | undefined;
  /** By the same count of what happens as `lookedAt`. */
  readonly startedAt: number;
  hasSeenStale: boolean;
  /** The version that was pending when it began. */
  readonly versionId: string | undefined;
  /** Beside others it is asked at every call whether, and how, it goes on. */
  next: ((call: OutwardCall) => Promise<FaultKind | undefined>) | undefined;
  /** Settles when its last call is answered. */
  last: Promise<unknown>;
}

function isByHand(event: SimEvent): event is HandEvent {
  return typeof event === 'string' && !['advance', 'strays', 'continue', 'retire', 'begin', 'watch', 'drill'].includes(event);
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
 * Everything that what follows may depend on. Times are ages; what only counts attempts, what nobody can reach any more
 * (versions without labels, former values of a copied secret), the time inside a mark, and what was told are left out.
 */
function fingerprintOf(
  stage: Stage,
  { now, wrongByMilliseconds, secrets, provider, places, receipts, failureCounts, recorded, truth }: Moment,
  aged = ageOf,
): string {
  const age = (at: number | undefined) => (at === undefined ? undefined : aged(now - at));
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
  const told = [...receipts].map(([key, { digest, isWritten, version, activation, intendedAt, appliedAt, inEffectAt }]) => [
    key,
    digest,
    isWritten,
    version,
    activation,
    age(intendedAt),
    age(appliedAt),
    age(inEffectAt),
  ]);
  const known = { ...truth, supersededAt: Object.entries(truth.supersededAt).map(([value, at]) => [value, age(at)]) };
  const written = relative([[...recorded.health], [...recorded.pauses]], now, aged);
  const shelves = places.map((state) => relative(state, now, aged));
  const whole = JSON.stringify([
    stored,
    tokens,
    shelves,
    stage.places.length,
    told,
    [...failureCounts],
    written,
    known,
    wrongByMilliseconds,
  ]);
  return hash('sha1', whole, 'base64');
}

function runOf({ rotation }: StoredSecret): unknown {
  const { run } = rotation ?? {};
  return run && [run.kind, run.versionId, run.done, run.active, run.dueAt !== undefined];
}

/**
 * Data as text with times as ages, however they are written; what a receiver has seen only keeps it from hearing twice, and what an
 * answer says of itself is nobody's business.
 */
function relative(data: unknown, now: number, aged = ageOf): string {
  const text = JSON.stringify(data, (name, value) => {
    if (name === 'seen' || name === '$metadata') return undefined;
    const time = timeIn(value);
    return time === undefined ? value : aged(now - time);
  });
  return text ?? 'null';
}

/** To the second as long as a step may wait, then to the half minute: no rule of the engine or of a fake has a limit that would fall in between. */
function ageOf(milliseconds: number): number {
  const seconds = Math.round(milliseconds / 1000);
  return Math.abs(seconds) <= 130 ? seconds : Math.round(seconds / 30) * 30;
}

function timeIn(value: unknown): number | undefined {
  if (typeof value === 'number' && value > 1e9) return value > 1e12 ? value : value * 1000;
  if (typeof value !== 'string' || !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.test(value)) return undefined;
  const time = Date.parse(value);
  return Number.isNaN(time) ? undefined : time;
}
