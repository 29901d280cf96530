import type { Fit } from './assembly.ts';
import type { LedgerLine } from './ledger.ts';
import type { Destination } from './routing.ts';

/** What came of it, whole, for a program to read; the lines below are made of it. */
export interface Outcome {
  readonly ok: boolean;
  readonly where: string | undefined;
  /** Every sentence that held, in order. */
  readonly held: readonly string[];
  readonly failure?: string;
  readonly differences: readonly string[];
  /** What was done to the templates, one for each deployment; empty where they were deployed as they are. */
  readonly fits: readonly Fit[];
  readonly traffic: readonly LedgerLine[];
  /** What could not be removed again. */
  readonly left: readonly string[];
  readonly seconds: number;
}

const answeredBy: Readonly<Record<Destination, string>> = {
  emulator: 'the emulator answered',
  'secrets-manager': 'our own Secrets Manager answered',
  'served-types': 'this script made resources of Secrets Manager for CloudFormation',
};

/** What differed from AWS in the templates, and who answered what: so that nobody takes the test for more than it was. */
export function shownTraffic({ fits, traffic }: Pick<Outcome, 'fits' | 'traffic'>): readonly string[] {
  const lines: string[] = [];
  const last = fits.at(-1);
  for (const [type, count] of Object.entries(last?.served ?? {})) lines.push(`made by this script: ${type} (${count})`);
  for (const [type, count] of Object.entries(last?.stripped ?? {}))
    lines.push(`left out, unknown to the emulator: ${type} (${count})`);
  for (const to of Object.keys(answeredBy) as Destination[]) {
    const calls = traffic.filter((line) => line.to === to).map(({ what, calls: count }) => `${what} ${count}`);
    if (calls.length > 0) lines.push(`${answeredBy[to]}: ${calls.join(', ')}`);
  }
  return lines;
}
