import { alive, save } from './call.ts';
import { type Report, type ServiceEventName, type Step, serviceEvent } from './events.ts';
import { CURRENT, holderOf, move, PENDING, pendingElsewhere, takeOff } from './labels.ts';
import { uuid } from './random.ts';
import { daysBetweenWindows, plannedAgain, windowAfter } from './schedule.ts';
import type { SecretsManager } from './service.ts';
import type { DueWindow, Rotation, Run, Secret } from './state.ts';

/** What a rotation function is given, word for word. */
export type RotationEvent = {
  readonly Step: Step;
  readonly SecretId: string;
  readonly ClientRequestToken: string;
  readonly RotationToken?: string;
};

export type RotationFunctions = {
  /** One run of the function. An exception counts as a failure. */
  invoke(
    functionArn: string,
    event: RotationEvent,
  ): Promise<{ readonly ok: true } | { readonly ok: false; readonly errorMessage: string }>;
};

export type RotationDriver = {
  /**
   * Does whatever is due now: rotations asked for, opened windows, retries. Resolves when all that it began has ended, with how many
   * attempts that were. May be called again meanwhile: nothing is begun twice.
   */
  tick(): Promise<number>;
  /** Resolves once no rotation is going on, whoever began it. */
  idle(): Promise<void>;
  /** One step of this secret's rotation and no more, for whoever looks at the world in between; false when nothing is due for it. */
  advance(secretArn: string): Promise<boolean>;
  /** Invokes one step as it is, whatever the state: duplicate, late, early. Changes nothing by itself. */
  deliver(delivery: { secretId: string; step: Step; versionId: string }): Promise<{ ok: boolean }>;
  /** Ticks in real time, and at once when a rotation is asked for, until `stop` is called. */
  start(everyMilliseconds?: number): void;
  stop(): void;
};

const steps = { rotate: ['createSecret', 'setSecret', 'testSecret', 'finishSecret'], test: ['testSecret'] } as const;

/**
 * Rotates secrets as Secrets Manager does. It keeps nothing of its own: what is due is read from the state each time, so that a restart,
 * a restored snapshot or a moved clock needs no telling.
 */
export function createRotationDriver(secretsManager: SecretsManager, functions: RotationFunctions): RotationDriver {
  const { setting } = secretsManager;
  const { state, clock, random, switches } = setting;
  const report = (told: Report) => setting.onEvent?.(told);

  const going = new Set<Promise<void>>();

  async function tick(): Promise<number> {
    const begun: Promise<void>[] = [];
    for (const known of state.all()) {
      const secret = alive(setting, known);
      if (!secret?.rotation || secret.deletion || secret.replicaOf) continue;
      const run = asked(secret, secret.rotation) ?? opened(secret.arn);
      if (!run) continue;
      const attempted = attempt(secret.arn, run).finally(() => going.delete(attempted));
      going.add(attempted);
      begun.push(attempted);
    }
    await Promise.all(begun);
    return begun.length;
  }

  /** Begins what was asked for, or what failed and is due again, in the way that the switches say. */
  function asked(secret: Secret, rotation: Rotation): Run | undefined {
    const { run } = rotation;
    if (!run || run.active || run.dueAt === undefined || run.dueAt > clock.now()) return undefined;
    const begin = (labelled: Secret, versionId = run.versionId) => {
      const begun: Run = { ...run, versionId, active: true, dueAt: undefined };
      save(setting, { ...labelled, rotation: { ...rotation, run: begun } });
      return begun;
    };
    const giveUp = (left: Run | undefined) => save(setting, { ...secret, rotation: { ...rotation, run: left } });
    const labels = secret.versions.find(({ id }) => id === run.versionId)?.labels ?? [];
    if (run.attempt === 1 || labels.includes(CURRENT)) return begin(secret);
    if (labels.includes(PENDING)) {
      if (switches.retryWithPending === 'same-token') return begin(secret);
      giveUp({ ...run, dueAt: undefined });
      return undefined;
    }
    switch (switches.retryWithoutPending) {
      case 'same-token':
        return begin(secret);
      case 'label-put-back':
        return begin(announced(secret, run.versionId));
      case 'new-token': {
        const versionId = uuid(random);
        return begin(announced(secret, versionId), versionId);
      }
      default:
        giveUp(undefined);
        return undefined;
    }
  }

  /** Begins a scheduled rotation if its window is there. */
  function opened(arn: string): Run | undefined {
    const now = clock.now();
    const secret = state.get(arn);
    if (!secret?.rotation) return undefined;
    const { rotation } = secret;
    const { enabled, rules, next, leftover, run } = rotation;
    if (!enabled || !rules || run?.active) return undefined;
    const isDue = (window: DueWindow | undefined) => window !== undefined && window.dueAt <= now;
    if (!isDue(next) && !isDue(leftover)) return undefined;
    // A clock that was moved far ahead has passed windows: one rotation makes up for all of them.
    const window = isDue(next) && next ? next : leftover;
    const following = isDue(next) ? windowAfter(setting, rotation, rules, Math.max(window?.opensAt ?? now, now)) : next;
    const planned = { ...rotation, next: following, leftover: isDue(leftover) ? undefined : leftover };
    const stuck = pendingElsewhere(secret.versions);
    if (stuck && switches.retryWithPending === 'none') {
      save(setting, { ...secret, rotation: planned });
      return undefined;
    }
    const fresh: Run = {
      kind: 'rotate',
      versionId: stuck?.id ?? uuid(random),
      attempt: (run?.attempt ?? 0) + 1,
      done: 0,
      active: true,
      retriesLeft: switches.retryCount,
      windowClosesAt: window?.closesAt,
    };
    save(setting, { ...announced(secret, fresh.versionId), rotation: { ...planned, run: fresh } });
    return fresh;
  }

  /** The steps, one after the other, until one fails or somebody ends the rotation. */
  async function attempt(arn: string, begun: Run): Promise<void> {
    const name = begun.kind === 'test' ? 'TestRotation' : 'Rotation';
    const rotationToken = switches.rotationToken === 'sent' ? { RotationToken: uuid(random) } : {};
    tell(arn, begun, `${name}Started`);
    while (await oneStep(arn, begun, rotationToken));
  }

  /** The next step of an attempt, or its end; whether there is more to do. */
  async function oneStep(arn: string, begun: Run, rotationToken: { readonly RotationToken?: string }): Promise<boolean> {
    // Cancelled, abandoned, deleted, or begun anew: then it is no longer ours to go on with.
    const secret = stillOurs(arn, begun);
    const run = secret?.rotation?.run;
    if (!secret?.rotation || !run) return false;
    const step = steps[run.kind][run.done];
    if (step === undefined) {
      succeed(secret, secret.rotation, run);
      return false;
    }
    const event = { Step: step, SecretId: arn, ClientRequestToken: run.versionId, ...rotationToken };
    const failure = await invoke(secret.rotation.functionArn, event, run.attempt);
    const after = stillOurs(arn, begun);
    if (!after?.rotation?.run) return false;
    if (failure !== undefined) {
      fail(after, after.rotation, after.rotation.run, step);
      return false;
    }
    save(setting, { ...after, rotation: { ...after.rotation, run: { ...after.rotation.run, done: run.done + 1 } } });
    return true;
  }

  function stillOurs(arn: string, begun: Run): Secret | undefined {
    const secret = state.get(arn);
    const run = secret?.rotation?.run;
    return run?.active && run.versionId === begun.versionId && run.attempt === begun.attempt && !secret?.deletion
      ? secret
      : undefined;
  }

  function succeed(secret: Secret, rotation: Rotation, run: Run) {
    if (run.kind === 'test') {
      endTest(secret, rotation, run);
      return tell(secret.arn, run, 'TestRotationSucceeded');
    }
    const current = holderOf(secret.versions, CURRENT);
    if (current?.id !== run.versionId) return fail(secret, rotation, run, 'finishSecret');
    const now = clock.now();
    const rules = rotation.rules?.ScheduleExpression
      ? { ...rotation.rules, AutomaticallyAfterDays: daysBetweenWindows(rotation.rules, now) }
      : rotation.rules;
    const isOnIt = current.labels.includes(PENDING) && switches.pendingAfterFinish === 'removed';
    save(setting, {
      ...secret,
      versions: isOnIt ? takeOff(secret.versions, PENDING) : secret.versions,
      rotation: { ...plannedAgain(setting, { ...rotation, rules }, now), lastRotatedAt: now, run: undefined },
    });
    return tell(secret.arn, run, 'RotationSucceeded');
  }

  function fail(secret: Secret, rotation: Rotation, run: Run, step: Step) {
    const failure = `Error when executing lambda ${rotation.functionArn} during ${step} step`;
    if (run.kind === 'test') {
      endTest(secret, rotation, run);
      return tell(secret.arn, run, 'TestRotationFailed', failure);
    }
    const dueAt = clock.now() + switches.retrySpacingSeconds * 1000;
    const isTooLate = switches.retriesOnlyInWindow && run.windowClosesAt !== undefined && dueAt >= run.windowClosesAt;
    const isOver = run.retriesLeft <= 0 || isTooLate;
    const rested: Run = {
      ...run,
      active: false,
      done: 0,
      attempt: run.attempt + 1,
      retriesLeft: Math.max(0, run.retriesLeft - 1),
      dueAt: isOver ? undefined : dueAt,
    };
    save(setting, { ...secret, rotation: { ...rotation, run: rested } });
    return tell(secret.arn, run, 'RotationFailed', failure);
  }

  /** AWS takes its temporary copy away again, whatever the test said. */
  function endTest(secret: Secret, rotation: Rotation, run: Run) {
    const isOnIt = holderOf(secret.versions, PENDING)?.id === run.versionId;
    const versions = (isOnIt ? takeOff(secret.versions, PENDING) : secret.versions).filter(
      ({ id, labels }) => id !== run.versionId || labels.length > 0,
    );
    const turnedOn = { ...rotation, enabled: true, run: undefined };
    save(setting, { ...secret, versions, rotation: rotation.enabled ? turnedOn : plannedAgain(setting, turnedOn, clock.now()) });
  }

  /** What the function said when it failed, if it did. */
  async function invoke(functionArn: string, event: RotationEvent, attemptNumber: number): Promise<string | undefined> {
    const once = async () => {
      const told = { step: event.Step, secretArn: event.SecretId, versionId: event.ClientRequestToken, attempt: attemptNumber };
      report({ kind: 'step', phase: 'started', ...told });
      const result = await invokeSafely(functions, functionArn, event);
      if (result.ok) report({ kind: 'step', phase: 'succeeded', ...told });
      else report({ kind: 'step', phase: 'failed', ...told, errorMessage: result.errorMessage });
      return result.ok ? undefined : result.errorMessage;
    };
    if (switches.duplicateDeliveries === 'together') return (await Promise.all([once(), once()]))[0];
    const failure = await once();
    if (switches.duplicateDeliveries === 'after') await once();
    return failure;
  }

  function tell(arn: string, run: Run, name: ServiceEventName, failure?: string) {
    const secret = setting.onEvent && state.get(arn);
    if (secret) report({ kind: 'event', event: serviceEvent(setting, secret, { name, versionId: run.versionId, failure }) });
  }

  function announced(secret: Secret, id: string): Secret {
    const isThere = secret.versions.some((version) => version.id === id);
    const added = isThere
      ? secret.versions
      : [...secret.versions, { id, createdAt: clock.now(), labels: [], kmsKeyId: secret.kmsKeyId }];
    return { ...secret, versions: move(added, PENDING, id) };
  }

  let timer: NodeJS.Timeout | undefined;
  let stopListening: (() => void) | undefined;
  function stop() {
    clearInterval(timer);
    stopListening?.();
    timer = undefined;
    stopListening = undefined;
  }

  return {
    tick,
    async advance(secretArn) {
      const secret = state.get(secretArn);
      if (!secret?.rotation || secret.deletion) return false;
      const underway = secret.rotation.run?.active ? secret.rotation.run : undefined;
      const begun = underway ?? asked(secret, secret.rotation) ?? opened(secretArn);
      if (begun) await oneStep(secretArn, begun, {});
      return begun !== undefined;
    },
    async idle() {
      while (going.size > 0) await Promise.all(going);
    },
    async deliver({ secretId, step, versionId }) {
      const secret = state.get(secretId);
      if (!secret?.rotation) throw new Error('deliver: the secret, to be given by its whole ARN, has no rotation.');
      const event = { Step: step, SecretId: secret.arn, ClientRequestToken: versionId };
      return { ok: (await invoke(secret.rotation.functionArn, event, 0)) === undefined };
    },
    start(everyMilliseconds = 250) {
      stop();
      timer = setInterval(tick, everyMilliseconds);
      stopListening = state.onChange((_, secret) => {
        const run = secret?.rotation?.run;
        if (run && !run.active && run.dueAt !== undefined && run.dueAt <= clock.now()) setImmediate(tick);
      });
    },
    stop,
  };
}

async function invokeSafely(functions: RotationFunctions, functionArn: string, event: RotationEvent) {
  try {
    return await functions.invoke(functionArn, event);
  } catch (error) {
    return {
      ok: false as const,
      errorMessage: error instanceof Error ? error.message : 'The function threw something that is no error.',
    };
  }
}
