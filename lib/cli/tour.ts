import { randomUUID } from 'node:crypto';
import { GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import type { Happening, LogEntry } from '../engine/ports.ts';
import type { BusEvent } from '../local/event-bus.ts';
import type { Interceptor } from '../local/functions.ts';
import { dependentNames, isQuiet, overlapHours, type Story, startStory, until } from '../local/story.ts';
import { openInstallation } from './installation.ts';
import { type OperationsReport, playOperations } from './tour-operations.ts';
import { playSixPlaces, type SixPlacesReport } from './tour-six-places.ts';

/** What the story came to: one JSON document, and `ok` only if all of it held. Later scenes add keys and keep these. */
export interface TourReport {
  readonly ok: boolean;
  /** What did not hold, in words. */
  readonly faults: readonly string[];
  readonly steps: readonly { readonly name: string; readonly milliseconds: number }[];
  readonly secretsManagerCalls: { readonly rotation: number; readonly repeated: number; readonly replayed: number };
  readonly consumer: {
    readonly requests: number;
    readonly failed: number;
    readonly phases: Readonly<Record<string, { readonly requests: number; readonly failed: number }>>;
  };
  readonly newToken: { readonly status: number };
  readonly oldToken: { readonly statusBeforeRevoke: number; readonly status: number };
  readonly failedRotation: {
    readonly dependentsRestored: boolean;
    readonly pendingRevoked: boolean;
    readonly pendingLabelRemoved: boolean;
    readonly error: { readonly code: string; readonly message: string; readonly fix: string };
  };
  readonly observe: OperationsReport['observe'];
  readonly expiryWarning: OperationsReport['expiryWarning'];
  readonly scopeDrift: OperationsReport['scopeDrift'];
  readonly deadToken: OperationsReport['deadToken'];
  readonly strayConsumer: OperationsReport['strayConsumer'];
  readonly rollback: OperationsReport['rollback'];
  readonly assisted: OperationsReport['assisted'];
  readonly sixPlaces: SixPlacesReport;
}

/** Whoever shows the story. */
export interface Narrator {
  scene(title: string): void;
  say(line: string): void;
  log(entry: LogEntry): void;
  /** The story is there: from now on its numbers can be shown. */
  opened(story: Story): void;
}

export type Sabotage = 'set' | 'finish' | 'retire';

const hour = 3_600_000;
const requestsAPhase = 20;
const steps = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const;

/** Plays the story from the first token to a failed rotation that is put back, and judges all of it by what can be seen from outside. */
export async function playTour(options: {
  stateFolder: string;
  narrator: Narrator;
  sabotage?: Sabotage;
  port?: number;
}): Promise<{
  readonly report: TourReport;
  readonly story: Story;
}> {
  const { stateFolder, narrator, sabotage } = options;
  const timings = new Map<string, number>();
  const happenings: Happening[] = [];
  const events: BusEvent[] = [];
  const doubling = { isOn: false, extraCalls: 0 };
  let story: Story | undefined;

  const intercept: Interceptor = async (_name, event, go) => {
    const act = actOf(event);
    if (sabotage !== undefined && story !== undefined && act === sabotaged[sabotage]) return { ok: true, payload: null };
    const startedAt = performance.now();
    const result = await go();
    timings.set(act, performance.now() - startedAt);
    if (doubling.isOn && story !== undefined && isStep(act)) {
      const before = story.functionCalls();
      await go();
      doubling.extraCalls += story.functionCalls() - before;
    }
    return result;
  };

  narrator.scene('A token needs a home');
  story = await startStory({
    stateFolder,
    ...(options.port === undefined ? {} : { port: options.port }),
    onProgress: (what) => narrator.say(what),
    onLog: (_name, entry) => narrator.log(entry),
    onLetter: ({ to, subject }) => narrator.say(`mail to ${to}: ${subject}`),
    onEvent(event) {
      events.push(event);
      happenings.push({ what: event.detailType, ...event.detail } as Happening);
    },
    intercept,
  });
  narrator.opened(story);
  const judge = createJudge(narrator);
  const report = emptyReport();
  try {
    await play(story, report, { stateFolder, narrator, judge, timings, happenings, events, doubling });
  } catch (error) {
    judge.expect(`the story goes on to its end (${error instanceof Error ? error.message : 'it broke off'})`, false);
  }
  report.consumer = { ...story.consumer.count(), phases: report.consumer.phases };
  return { report: { ...report, ok: judge.faults.length === 0, faults: judge.faults }, story };
}

type Mutable<Data> = { -readonly [Key in keyof Data]: Data[Key] extends object ? Mutable<Data[Key]> : Data[Key] };
type Draft = Mutable<Omit<TourReport, 'ok' | 'faults'>>;

function emptyReport(): Draft {
  return {
    steps: [],
    secretsManagerCalls: { rotation: 0, repeated: 0, replayed: 0 },
    consumer: { requests: 0, failed: 0, phases: {} },
    newToken: { status: 0 },
    oldToken: { statusBeforeRevoke: 0, status: 0 },
    failedRotation: {
      dependentsRestored: false,
      pendingRevoked: false,
      pendingLabelRemoved: false,
      error: { code: '', message: '', fix: '' },
    },
    observe: { zeroWrites: false },
    expiryWarning: { escalatedToBackup: false },
    scopeDrift: { reported: false },
    deadToken: { healed: false },
    strayConsumer: { held: false },
    rollback: { respected: false },
    assisted: { renewed: false },
    sixPlaces: { foreignNamed: false, allPutBack: false, rotated: false },
  };
}

interface Stage {
  readonly stateFolder: string;
  readonly narrator: Narrator;
  readonly judge: Judge;
  readonly timings: ReadonlyMap<string, number>;
  readonly happenings: readonly Happening[];
  readonly events: readonly BusEvent[];
  readonly doubling: { isOn: boolean; extraCalls: number };
}

async function play(story: Story, report: Draft, stage: Stage): Promise<void> {
  const { narrator, judge, doubling } = stage;
  const { consumer } = story;

  await consumer.seen(requestsAPhase);
  const old = await tokenNow(story);
  judge.expect('the first token works', (await story.ask(old)) === 200);

  narrator.scene('The token changes hands');
  consumer.begin('overlap');
  const rotation = await rotateOnce(story);
  report.steps = steps.map((name) => ({ name, milliseconds: Math.round(stage.timings.get(name) ?? 0) }));
  report.secretsManagerCalls.rotation = rotation.calls;
  const fresh = await tokenNow(story);
  judge.expect('there is a new token', fresh !== old);
  await judgeDependents(story, judge, fresh, 'after the rotation');

  narrator.scene('Old and new live side by side');
  await story.local.sweep();
  narrator.say('An hour passes, and the consumer reads the secret again by itself');
  await passTime(story, 1.1);
  await consumer.seen(requestsAPhase);
  report.oldToken.statusBeforeRevoke = await story.ask(old);
  judge.expect('the old token lives through its overlap', report.oldToken.statusBeforeRevoke === 200);

  narrator.scene('The old token is ended, on evidence');
  consumer.begin('after');
  const retireStarted = performance.now();
  report.oldToken.status = await sweepUntilDead(story, old);
  report.steps = [...report.steps, { name: 'retire', milliseconds: Math.round(performance.now() - retireStarted) }];
  judge.expect('the old token is dead', report.oldToken.status === 403);
  report.newToken.status = await story.ask(fresh);
  judge.expect('the new token works', report.newToken.status === 200);
  await consumer.seen(requestsAPhase);

  narrator.scene('Every step may come twice');
  consumer.begin('repeats');
  doubling.isOn = true;
  await rotateOnce(story);
  doubling.isOn = false;
  report.secretsManagerCalls.repeated = doubling.extraCalls;
  report.secretsManagerCalls.replayed = await replay(story);
  judge.expect('a rotation makes at most 10 calls about its secret', rotation.calls <= 10 && rotation.calls > 0);
  judge.expect('steps repeated at once make at most 6 more', doubling.extraCalls <= 6);
  judge.expect('a finished rotation replayed makes at most 4', report.secretsManagerCalls.replayed <= 4);
  await judgeDependents(story, judge, await tokenNow(story), 'after the repeated rotation');

  report.failedRotation = await failedAct(story, stage);

  consumer.begin('operations');
  const act = {
    story,
    installation: await openInstallation({ local: stage.stateFolder, installation: 'keyturn' }),
    events: stage.events,
    scene: narrator.scene,
    say: narrator.say,
    expect: judge.expect,
    passTime: (hours: number) => passTime(story, hours),
  };
  Object.assign(report, await playOperations(act));
  report.sixPlaces = await playSixPlaces(act);

  for (const phase of ['before', 'overlap', 'after', 'repeats', 'failure', 'operations'])
    report.consumer.phases[phase] = consumer.count(phase);
  for (const phase of ['before', 'overlap', 'after']) {
    judge.expect(`the consumer was busy in the phase "${phase}"`, consumer.count(phase).requests >= requestsAPhase);
  }
  const { requests, failed } = consumer.count();
  judge.expect('no request of the consumer failed', failed === 0);
  narrator.scene(`The consumer made ${requests} requests, and ${failed} failed`);
}

/** The second act: a dependent fails for good. */
async function failedAct(story: Story, { narrator, judge, happenings }: Stage): Promise<TourReport['failedRotation']> {
  narrator.scene('A dependent fails for good');
  story.consumer.begin('failure');
  const current = await tokenNow(story);
  const known = new Set(Object.keys(await story.labels()));
  const failuresBefore = happenings.length;
  story.breakDependent(true);
  await rotateOnce(story);
  story.breakDependent(false);

  const error = happenings.slice(failuresBefore).find(({ what }) => what === 'rotation.failed');
  const labels = await story.labels();
  const pendingLabelRemoved = !Object.values(labels).some((each) => each.includes('AWSPENDING'));
  judge.expect('AWSPENDING was taken off, so that nothing is blocked', pendingLabelRemoved);
  judge.expect('one clear error was told', error !== undefined && error.code !== undefined && error.fix !== undefined);
  judge.expect('the current token stays', (await tokenNow(story)) === current);
  const dependentsRestored = await judgeDependents(story, judge, current, 'after being put back');

  const [pendingId] = Object.keys(labels).filter((versionId) => !known.has(versionId));
  const never = pendingId === undefined ? undefined : await story.tokenAt({ versionId: pendingId });
  const wasAlive = never !== undefined && (await story.ask(never)) === 200;
  judge.expect('nothing is revoked in a failing step', wasAlive);
  // Once the back-off is over a sweep begins another rotation, and what was given up before it waits for a whole overlap, as any old token.
  const pendingRevoked =
    never !== undefined && ((await sweepUntilDead(story, never)) === 403 || (await sweepUntilDead(story, never)) === 403);
  judge.expect('the token that was never used is revoked by a later sweep', pendingRevoked);
  await story.consumer.seen(requestsAPhase);
  const { code = '', message = '', fix = '' } = error ?? {};
  return { dependentsRestored, pendingRevoked, pendingLabelRemoved, error: { code, message, fix } };
}

/** Presses Rotate, and waits until it is over, one way or the other. */
export async function rotateOnce(story: Story): Promise<{ readonly calls: number }> {
  await story.local.catchUp();
  const before = story.functionCalls();
  await story.rotate();
  await until(() => isQuiet(story.local, story.secretArn), 'the rotation ended');
  await story.local.host.idle();
  return { calls: story.functionCalls() - before };
}

/** All four steps once more, as Secrets Manager might send them late. */
async function replay(story: Story): Promise<number> {
  const before = story.functionCalls();
  const current = await story.local.client.send(new GetSecretValueCommand({ SecretId: story.secretArn }));
  for (const Step of steps) {
    const event = { Step, SecretId: story.secretArn, ClientRequestToken: current.VersionId ?? randomUUID() };
    await story.local.host.invoke(story.local.functionArn('npm-registry'), event);
  }
  return story.functionCalls() - before;
}

/** Moves the clock past the overlap, and lets sweeps run until the registry refuses the token, or often enough to know that none will end it. */
async function sweepUntilDead(story: Story, token: string): Promise<number> {
  await passTime(story, overlapHours + 2);
  let status = await story.ask(token);
  for (let sweep = 0; sweep < 3 && status === 200; sweep += 1) {
    await story.local.sweep();
    await story.local.catchUp();
    status = await story.ask(token);
  }
  return status;
}

/** Time passes for the consumer too: it is given the chance to look at the clock before the rest of a long time is gone. */
export async function passTime(story: Story, hours: number): Promise<void> {
  const first = Math.min(hours, 1.1);
  story.local.clock.move(first * hour);
  await story.consumer.further(1);
  story.local.clock.move((hours - first) * hour);
  await story.local.catchUp();
}

async function tokenNow(story: Story): Promise<string> {
  return (await story.tokenAt({ label: 'AWSCURRENT' })) ?? '';
}

async function judgeDependents(story: Story, judge: Judge, token: string, when: string): Promise<boolean> {
  const held = await story.held();
  const wrong = dependentNames.filter((name) => held[name] !== token);
  judge.expect(
    `every dependent has the current token ${when}${wrong.length === 0 ? '' : ` (not: ${wrong.join(', ')})`}`,
    wrong.length === 0,
  );
  return wrong.length === 0;
}

interface Judge {
  readonly faults: string[];
  expect(what: string, holds: boolean): void;
}

function createJudge(narrator: Narrator): Judge {
  const faults: string[] = [];
  return {
    faults,
    expect(what, holds) {
      if (!holds) faults.push(what);
      narrator.say(`${holds ? '✓' : '✗'} ${what}`);
    },
  };
}

const sabotaged: Readonly<Record<Sabotage, string>> = { set: 'setSecret', finish: 'finishSecret', retire: 'retire' };

function isStep(act: string): boolean {
  return (steps as readonly string[]).includes(act);
}

/** What a function is asked: a step, or a job as it lies in its queue. */
function actOf(event: unknown): string {
  const { Step, Job, Records } = event as { Step?: string; Job?: string; Records?: readonly { readonly body?: string }[] };
  const [message] = Records ?? [];
  if (message?.body !== undefined) return actOf(JSON.parse(message.body));
  return Step ?? Job ?? 'sweep';
}
