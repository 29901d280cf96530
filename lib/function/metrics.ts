import type { Sweep } from '../engine/reconcile.ts';

/** Where CloudWatch keeps what is counted. */
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
} as const;
/** A sweep as far as it is counted. */
type Counted = Pick<Sweep, (typeof metrics)[keyof typeof metrics] | 'left'>;
export type SweepMetric = keyof typeof metrics;

/** How many jobs failed for good. */
export const jobsFailed = 'JobsFailed';

/**
 * A line of the log that CloudWatch reads as metrics: no call, no permission, and the numbers stay readable beside the log. Whoever was left and not
 * handed on was not looked at either. What is not known is no metric: a zero would say that something has expired.
 */
export function metricLine(sweep: Counted, isHandedOn: boolean, installation: string, now: number): string {
  const counted = { ...sweep, failed: sweep.failed + (isHandedOn ? 0 : sweep.left.length) };
  const known = Object.entries(metrics).filter(([, field]) => counted[field] !== undefined);
  return JSON.stringify({
    ...metricsOf(
      known.map(([name]) => name),
      installation,
      now,
    ),
    event: 'sweep.done',
    ...Object.fromEntries(known.map(([name, field]) => [name, counted[field]])),
  });
}

/** What makes a line about a job a metric too. */
export function failedJobMetric(installation: string, now: number): object {
  return { ...metricsOf([jobsFailed], installation, now), [jobsFailed]: 1 };
}

function metricsOf(names: readonly string[], installation: string, now: number): object {
  return {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [
        {
          Namespace: metricsNamespace,
          Dimensions: [['Installation']],
          Metrics: names.map((Name) => ({ Name, Unit: 'Count' })),
        },
      ],
    },
    Installation: installation,
  };
}
