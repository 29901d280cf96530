import { strayHours, sweepMinutes } from '../engine/plan.ts';

/**
 * What Secrets Manager took in September 2026 in us-east-1, in dollars: a secret a month, and ten thousand calls. And what DynamoDB took in
 * November 2026: a million units of writing (a kilobyte each) and of reading (four kilobytes). And SQS: a million requests, of which the first
 * million of an account is free, which is not counted here.
 */
export const prices = {
  secret: 0.4,
  tenThousandCalls: 0.05,
  millionWrites: 0.625,
  millionReads: 0.125,
  millionRequests: 0.4,
} as const;

const hoursAMonth = 730;
/** Measured on the engine with room to spare, AWS's own and consumers' not counted. */
const callsARotation = 16;
/** Three receipts for each of two places, failures, and three things that happened, each in the table and in its index. */
const tableWritesARotation = 20;
const tableReadsARotation = 30;
/** Lambda always has five requests open at each queue, of twenty seconds each. A message more or less does not count beside them. */
const pollsAMonth = (5 * hoursAMonth * 3600) / 20;
/** Steps, stamping, revoking, and looking again. */
const invocationsARotation = 10;

export interface Fleet {
  readonly tokens: number;
  readonly providers: number;
  /** How often each token is rotated. */
  readonly rotationsAMonth: number;
}

export interface MonthlyCosts {
  /** Dollars for the tokens' secrets, which are stored with or without Keyturn. */
  readonly secrets: number;
  /** Dollars for the calls that sweeps and rotations make. Nearly all are sweeps. */
  readonly calls: number;
  /** Dollars for reading and writing the table. */
  readonly table: number;
  /** Dollars for looking into the queues, of which each provider has one and the reconciler too. */
  readonly queues: number;
  /** What is billed by its own price list: how many. */
  readonly invocations: number;
  readonly alarms: number;
}

/** What a fleet costs a month in Secrets Manager, and how much of everything else it uses. */
export function monthlyCosts({ tokens, providers, rotationsAMonth }: Fleet): MonthlyCosts {
  const sweeps = (hoursAMonth * 60) / sweepMinutes;
  const strayJobs = hoursAMonth / strayHours;
  const calls = tokens * (sweeps + strayJobs + rotationsAMonth * callsARotation);
  return {
    secrets: tokens * prices.secret,
    calls: (calls / 10_000) * prices.tenThousandCalls,
    table:
      (tokens * rotationsAMonth * (tableWritesARotation * prices.millionWrites + tableReadsARotation * prices.millionReads)) /
      1e6,
    queues: ((providers + 1) * pollsAMonth * prices.millionRequests) / 1e6,
    invocations: Math.round(sweeps + hoursAMonth + tokens * (strayJobs + rotationsAMonth * (invocationsARotation + 1))),
    alarms: 2 * providers + 9,
  };
}
