import { setTimeout } from 'node:timers/promises';

/** How long the AWS caching clients go on with what they have read. */
export const cacheHours = 1;

export interface ConsumerCount {
  readonly requests: number;
  readonly failed: number;
}

/**
 * A consumer as most are: it reads the secret through a cache with an hour's life, as the AWS caching clients do (on a failed refresh they go
 * on with the old value), and uses the token without pause. It counts.
 */
export interface Consumer {
  /** Counts from nothing under another name. */
  begin(phase: string): void;
  count(phase?: string): ConsumerCount;
  /** Resolves when the present phase has seen so many requests. */
  seen(requests: number): Promise<void>;
  /** Resolves when so many more have been made from now on. */
  further(requests: number): Promise<void>;
  stop(): Promise<void>;
}

export function startConsumer(options: {
  /** Reads the secret's current value. */
  readonly read: () => Promise<string>;
  /** Uses the value: whether it worked. */
  readonly use: (value: string) => Promise<boolean>;
  readonly clock: { now(): number };
  readonly pauseMilliseconds: number;
}): Consumer {
  const { read, use, clock, pauseMilliseconds } = options;
  const counts = new Map<string, { requests: number; failed: number }>();
  let phase = 'before';
  let isStopped = false;
  let cached: { value: string; readAt: number } | undefined;

  async function currentValue(): Promise<string> {
    const isFresh = cached !== undefined && clock.now() - cached.readAt < cacheHours * 3_600_000;
    if (isFresh && cached !== undefined) return cached.value;
    try {
      cached = { value: await read(), readAt: clock.now() };
    } catch (error) {
      if (cached === undefined) throw error;
    }
    return (cached as { value: string }).value;
  }

  async function request(): Promise<void> {
    const count = counts.get(phase) ?? { requests: 0, failed: 0 };
    counts.set(phase, count);
    let worked = false;
    try {
      worked = await use(await currentValue());
    } catch {
      // counted as failed
    }
    count.requests += 1;
    if (!worked) count.failed += 1;
  }

  const running = (async () => {
    while (!isStopped) {
      await request();
      await setTimeout(pauseMilliseconds);
    }
  })();

  const countOf = (name: string): ConsumerCount => ({ requests: 0, failed: 0, ...counts.get(name) });
  return {
    begin(name) {
      phase = name;
    },
    count(name) {
      if (name !== undefined) return countOf(name);
      const all = [...counts.keys()].map(countOf);
      return {
        requests: all.reduce((sum, each) => sum + each.requests, 0),
        failed: all.reduce((sum, each) => sum + each.failed, 0),
      };
    },
    async seen(requests) {
      const inPhase = phase;
      while (!isStopped && countOf(inPhase).requests < requests) await setTimeout(pauseMilliseconds);
    },
    async further(requests) {
      const inPhase = phase;
      const before = countOf(inPhase).requests;
      // One that is under way now began before.
      while (!isStopped && countOf(inPhase).requests < before + 1 + requests) await setTimeout(pauseMilliseconds);
    },
    async stop() {
      isStopped = true;
      await running;
    },
  };
}
