import { beginDue } from './begin.ts';
import { continueRotation } from './continue.ts';
import { drill } from './drill.ts';
import { heal } from './heal.ts';
import { retire } from './retire.ts';
import { sweepStrays } from './sweep-strays.ts';
import { verify } from './verify.ts';
import { watch } from './watch.ts';

/** What the reconciler, and people by the commands, may ask of a provider's function, by the name that stands in the event. */
export const sweepJobs = {
  retire,
  strays: sweepStrays,
  continue: continueRotation,
  begin: beginDue,
  heal,
  verify,
  watch,
  drill,
} as const;
export type SweepJobName = keyof typeof sweepJobs;
