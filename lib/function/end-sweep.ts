import type { Queues } from '../aws/queues.ts';
import { restOf } from '../engine/hand-on.ts';
import type { Clock } from '../engine/ports.ts';
import type { Sweep } from '../engine/reconcile.ts';
import { metricLine } from './metrics.ts';

/** Counts a run of a sweep, and hands on what it left. Does neither where only something changed was looked at. */
export async function endSweep(
  sweep: Sweep,
  generation: number | undefined,
  { queues, clock, installation }: { queues: Pick<Queues, 'handOn'>; clock: Pick<Clock, 'now'>; installation: string },
): Promise<void> {
  if (generation === undefined) return;
  const rest = restOf(sweep.left, generation);
  process.stdout.write(`${metricLine(sweep, rest !== undefined, installation, clock.now())}\n`);
  if (rest !== undefined) await queues.handOn(rest);
}
