import type { Sweep } from '../engine/reconcile.ts';

/** Where CloudWatch keeps what a sweep counted. */
export const metricsNamespace = 'Keyturn';

const metrics = {
  Tokens: 'tokens',
  Jobs: 'jobs',
  Failed: 'failed',
  Overdue: 'overdue',
  Parked: 'parked',
  Debt: 'debt',
  Dead: 'dead',
  Paused: 'paused',
  Held: 'held',
  Strays: 'strays',
  SoonestExpiryDays: 'soonestExpiryDays',
  OldestDays: 'oldestDays',
} as const satisfies Record<string, keyof Sweep>;
/** A sweep as far as it is counted. */
type Counted = Pick<Sweep, (typeof metrics)[keyof typeof metrics]>;
export type SweepMetric = keyof typeof metrics;

/** A line of the log that CloudWatch reads as metrics: no call, no permission, and the numbers stay readable beside the log. */
export function metricLine(sweep: Counted, installation: string, now: number): string {
  // What is not known is no metric: a zero would say that something has expired.
  const known = Object.entries(metrics).filter(([, field]) => sweep[field] !== undefined);
  return JSON.stringify({
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: metricsNamespace,
          Dimensions: [['Installation']],
          Metrics: known.map(([Name]) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    event: 'sweep.done',
    Installation: installation,
    ...Object.fromEntries(known.map(([name, field]) => [name, sweep[field]])),
  });
}
