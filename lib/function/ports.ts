import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type ClientConfiguration, createAwsDoors } from '../aws/clients.ts';
import { createEventBridgeTeller } from '../aws/event-bridge.ts';
import { openSecretsManagerStore } from '../aws/secrets-manager-store.ts';
import { cryptography } from '../crypto/cryptography.ts';
import { RotationError } from '../engine/errors.ts';
import { withFreezes } from '../engine/pauses.ts';
import type { Clock, Ports } from '../engine/ports.ts';
import type { Ledger, Pause } from '../engine/records.ts';
import { createLedger, createTokenHistory } from '../history/history.ts';
import type { Shelf } from '../history/shelf.ts';
import type { LoopbackHosts } from '../http/addresses.ts';
import { createDoors } from '../http/door.ts';
import { transport } from '../http/transport.ts';
import type { LocalBuild } from '../local/build.ts';

/** The one constant by which the bundler makes a function for a laptop. In a bundle for AWS it is the word `false`. */
declare const KEYTURN_LOCAL: LocalBuild | false;

/** What Lambda hands to a handler, as far as we use it. */
export interface FunctionContext {
  readonly invokedFunctionArn: string;
  getRemainingTimeInMillis(): number;
}

export interface FunctionDifferences {
  readonly clock: Clock;
  readonly openShelf: (configuration: ClientConfiguration) => Promise<Shelf>;
  readonly endpoint?: string;
  readonly loopback?: LoopbackHosts;
}

/** What the compiled catalog fixes for one invocation. */
export interface Fixed {
  readonly provider: string;
  readonly hosts: readonly string[];
  readonly team?: string | undefined;
  /** Pauses that the catalog says, besides those of the table. */
  readonly pauses?: readonly Pause[];
}

/** What a sweep looks with. It calls no provider, and writes nothing but the ledger. */
export type SweepPorts = Pick<Ports, 'store' | 'clock' | 'log' | 'remaining'> & { readonly ledger: Ledger };

/** The engine's ports inside a Lambda function. Opened once an invocation; clients are cheap and connections are kept by the SDK. */
export async function openPorts(context: FunctionContext, { provider, hosts, team, pauses = [] }: Fixed): Promise<Ports> {
  const { openShelf, configuration, ...ports } = await openDoors(context, hosts);
  const bus = process.env.KEYTURN_BUS;
  const { history, records } = createTokenHistory(openShelf, ports.clock, provider);
  return {
    ...ports,
    functionArn: withoutVersion(context.invokedFunctionArn),
    history,
    records: { ...records, pauses: withFreezes(pauses, ports.clock, records.pauses) },
    aws: createAwsDoors(configuration),
    crypto: cryptography,
    tell: bus === undefined ? async () => {} : createEventBridgeTeller(configuration, bus, ports.clock, team),
  };
}

/** As Secrets Manager is told of it. */
function withoutVersion(functionArn: string): string {
  return functionArn.split(':').slice(0, 7).join(':');
}

/** What somebody calls with who has no token of their own: only these hosts answer. */
export async function openDoors(context: FunctionContext, hosts: readonly string[]) {
  const { loopback, ...base } = await openBase(context);
  const { clock, remaining } = base;
  const random = (bytes: number) => randomBytes(bytes);
  const http = createDoors({
    fetch: transport,
    clock,
    random,
    remaining,
    fixedHosts: hosts,
    ...(loopback === undefined ? {} : { loopback }),
  });
  return { ...base, random, http };
}

/** The same for the reconciler, which knows the tokens of these providers. */
export async function openSweepPorts(context: FunctionContext, providers: readonly string[]): Promise<SweepPorts> {
  const { store, clock, log, remaining, openShelf } = await openBase(context);
  return { store, clock, log, remaining, ledger: createLedger(openShelf, clock, providers) };
}

async function openBase(context: FunctionContext) {
  const { clock, loopback, openShelf } = await differences();
  const configuration = await clientConfiguration();
  let shelf: Promise<Shelf> | undefined;
  return {
    configuration,
    clock,
    loopback,
    store: openSecretsManagerStore(configuration, clock),
    openShelf() {
      shelf ??= openShelf(configuration);
      return shelf;
    },
    log: logBy(clock),
    remaining: () => context.getRemainingTimeInMillis(),
  };
}

/** The same for the console, which people use: it acts on labels and records, and reads no value. */
export async function openConsolePorts(providers: readonly string[]) {
  const { clock, openShelf } = await differences();
  const configuration = await clientConfiguration();
  let shelf: Promise<Shelf> | undefined;
  const open = () => {
    shelf ??= openShelf(configuration);
    return shelf;
  };
  const store = openSecretsManagerStore(configuration, clock);
  return { configuration, clock, openShelf: open, store, ledger: createLedger(open, clock, providers), log: logBy(clock) };
}

/** The log and the time of a function, for what is no token's. */
export async function openLog(): Promise<Pick<Ports, 'clock'> & { readonly log: (entry: object) => void }> {
  const { clock } = await differences();
  return { clock, log: logBy(clock) };
}

function logBy(clock: Clock): (entry: object) => void {
  return (entry) => {
    process.stdout.write(`${JSON.stringify({ at: clock.now(), ...entry })}\n`);
  };
}

/** What AWS clients inside a function are opened with. */
export async function clientConfiguration(): Promise<ClientConfiguration> {
  const { endpoint } = await differences();
  return { region: process.env.AWS_REGION ?? 'us-east-1', ...(endpoint === undefined ? {} : { endpoint }) };
}

async function differences(): Promise<FunctionDifferences> {
  // One expression, so that the bundler drops the branch and all that it would import.
  return KEYTURN_LOCAL
    ? { ...deployed, ...(await import('../local/function-ports.ts')).localDifferences(KEYTURN_LOCAL) }
    : deployed;
}

const deployed: FunctionDifferences = {
  clock: { now: () => Date.now(), sleep: (milliseconds) => setTimeout(milliseconds) },
  async openShelf(configuration) {
    const { KEYTURN_TABLE: table } = process.env;
    if (table !== undefined) return (await import('../aws/dynamo-shelf.ts')).openDynamoShelf(configuration, table);
    throw new RotationError('unavailable', 'keyturn: KEYTURN_TABLE does not name the table of the history', {
      fix: 'Deploy again: the table and its name come with the deployment.',
    });
  },
};
