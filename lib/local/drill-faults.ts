import { rmSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { readJson, writeJson } from './files.ts';

// A rehearsal that cannot fail proves nothing. So on a laptop the stand-in of a provider can be told to go wrong in one: what is deployed knows
// nothing of it, and no real provider is ever asked to.

/** What goes wrong at the provider, each as a person says it. */
export const drillFaults = {
  'making-refused': 'it makes no new token',
  'answer-lost': 'it makes a new token, and its answer is lost',
  'new-one-refused': 'it accepts no token that it has just made',
  'ending-refused': 'it does not end a token',
} as const;

export type DrillFault = keyof typeof drillFaults;

/** Whoever began one and was killed leaves it behind for no longer than a function may work. */
const longestMinutes = 15;

const fileOf = (stateFolder: string) => join(stateFolder, 'drill-fault.json');

const form = z.object({
  fault: z.enum(Object.keys(drillFaults) as [DrillFault, ...DrillFault[]]),
  since: z.number(),
});

/** What stand-ins do wrong now, and since when, by the clock of this machine. */
export function drillFaultIn(stateFolder: string): { readonly fault: DrillFault; readonly since: number } | undefined {
  const read = form.safeParse(readJson(fileOf(stateFolder)));
  return read.success && Date.now() - read.data.since < longestMinutes * 60_000 ? read.data : undefined;
}

/** Lets the stand-ins go wrong for as long as something takes. */
export async function withDrillFault<Result>(
  stateFolder: string,
  fault: DrillFault,
  act: () => Promise<Result>,
): Promise<Result> {
  writeJson(fileOf(stateFolder), { fault, since: Date.now() });
  try {
    return await act();
  } finally {
    rmSync(fileOf(stateFolder), { force: true });
  }
}
