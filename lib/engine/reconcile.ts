import { asRotationError } from './errors.ts';
import { isOverdue, planSweep, type SweepJob } from './plan.ts';
import type { Ports } from './ports.ts';

/** A token as the reconciler knows it. */
export interface SweptToken {
  readonly name: string;
  readonly provider: string;
  readonly secret: string;
  readonly overlapHours: number;
}

export interface Sweep {
  readonly tokens: number;
  readonly jobs: number;
  /** Tokens that could not be looked at this time. */
  readonly failed: number;
  /** The names of those that were not reached in time. */
  readonly left: readonly string[];
  /** Tokens that Secrets Manager should have rotated by now. */
  readonly overdue: number;
}

/**
 * One sweep: looks at every secret's labels and hands out what is to be done. One token's trouble is no other's. It stops in time to end
 * by itself, and says whom it did not reach.
 */
export async function reconcile(
  ports: Pick<Ports, 'store' | 'clock' | 'log' | 'remaining'>,
  tokens: readonly SweptToken[],
  ask: (provider: string, job: SweepJob) => Promise<void>,
): Promise<Sweep> {
  let jobs = 0;
  let failed = 0;
  let overdue = 0;
  const look = async (token: SweptToken) => {
    try {
      const state = await ports.store.describe(token.secret);
      if (isOverdue(state, ports.clock.now())) {
        overdue += 1;
        ports.log({ event: 'token.overdue', token: token.name });
      }
      for (const job of planSweep(token, state, ports.clock.now())) {
        await ask(token.provider, job);
        ports.log({ event: 'sweep.job', token: token.name, state: job.job });
        jobs += 1;
      }
    } catch (problem) {
      failed += 1;
      const { code, message } = asRotationError(problem, 'reconcile');
      ports.log({ event: 'sweep.failed', token: token.name, code, detail: message });
    }
  };
  const waiting = [...tokens];
  const worker = async () => {
    for (let token = waiting.shift(); token !== undefined; token = waiting.shift()) {
      await look(token);
      if (ports.remaining() <= 30_000) return;
    }
  };
  await Promise.all(Array.from({ length: 10 }, worker));
  return { tokens: tokens.length, jobs, failed, left: waiting.map(({ name }) => name), overdue };
}
