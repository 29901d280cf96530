import { beginDue } from './begin.ts';
import { continueRotation } from './continue.ts';
import { retire } from './retire.ts';
import { sweepStrays } from './sweep-strays.ts';

/** What the reconciler may ask of a provider's function, by the name that stands in the event. */
export const sweepJobs = { retire, strays: sweepStrays, continue: continueRotation, begin: beginDue } as const;
export type SweepJobName = keyof typeof sweepJobs;
