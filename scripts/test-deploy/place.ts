import type { Fit } from './assembly.ts';
import type { Cdk } from './cdk.ts';
import type { LedgerLine } from './ledger.ts';
import type { Clients } from './remains.ts';
import type { StepSeen } from './secrets-manager.ts';

/** Where the test is run: an emulator on this machine, or an account. */
export interface Place {
  readonly name: string;
  readonly cdk: Cdk;
  readonly clients: Clients;
  /** What command lines are run with that shall reach this place. */
  readonly environment: Readonly<Record<string, string>>;
  /** An emulator on this machine. */
  readonly isLocal: boolean;
  /** What is not as on AWS, besides the templates. */
  readonly differences: readonly string[];
  /** It is there after this program, so that whatever happens all must be removed from it. */
  readonly outlives: boolean;
  /** What the app is synthesised with here, besides the catalog. */
  readonly context: Readonly<Record<string, string>>;
  /** Opens the providers, after the bootstrap. */
  providers(): Promise<Providers>;
  /** Makes a cloud assembly into one that can be deployed here. */
  fit(assemblyFolder: string): Promise<Fit>;
  /** Lets the overlap of a replaced version be over. */
  endOverlap(secretArn: string, versionId: string, overlapHours: number): Promise<string>;
  /** Resolves when no rotation is going on, as far as that can be known here. */
  settled(): Promise<void>;
  /** Moves time on, where it can be moved, while something is waited for. */
  hurry(): void;
  /** Lets minutes pass; undefined where they cannot be moved. */
  readonly pass: ((minutes: number) => void) | undefined;
  /** Every step that Secrets Manager has asked of a function so far; AWS's own does not show them. */
  readonly steps: readonly StepSeen[] | undefined;
  /** How many calls of Secrets Manager's operation there were so far, where they are counted. */
  callsOf(operation: string): number | undefined;
  /** Who answered what, where it is counted. */
  traffic(): readonly LedgerLine[];
  /** What the functions have logged, where it is known. */
  log(): string | undefined;
}

export interface Providers {
  /** An npm registry. */
  readonly registry: { readonly url: string; readonly user: string; readonly password: string };
  /** SendGrid. Its address is the vendor's own, so that only functions built for loopback can be led to a stand-in. */
  readonly mail: { readonly url: string; readonly authority: string } | undefined;
}
