import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import { type ClientConfiguration, createAwsDoors } from '../aws/clients.ts';
import { createEventBridgeTeller } from '../aws/event-bridge.ts';
import { openSecretsManagerStore } from '../aws/secrets-manager-store.ts';
import { cryptography } from '../crypto/sodium.ts';
import type { Clock, History, Ports } from '../engine/ports.ts';
import type { LoopbackHosts } from '../http/addresses.ts';
import { createDoors } from '../http/door.ts';
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
  readonly history: History;
  readonly endpoint?: string;
  readonly loopback?: LoopbackHosts;
}

/** What the compiled catalog fixes for one invocation. The reconciler calls nobody and has no token of its own. */
export interface Fixed {
  readonly hosts: readonly string[];
  readonly team?: string | undefined;
}

/** The engine's ports inside a Lambda function. Opened once an invocation; clients are cheap and connections are kept by the SDK. */
export async function openPorts(context: FunctionContext, { hosts, team }: Fixed = { hosts: [] }): Promise<Ports> {
  const { clock, history, loopback } = await differences();
  const configuration = await clientConfiguration();
  const remaining = () => context.getRemainingTimeInMillis();
  const random = (bytes: number) => randomBytes(bytes);
  const bus = process.env.KEYTURN_BUS;
  return {
    store: openSecretsManagerStore(configuration, clock),
    history,
    clock,
    random,
    http: createDoors({
      fetch: globalThis.fetch,
      clock,
      random,
      remaining,
      fixedHosts: hosts,
      ...(loopback === undefined ? {} : { loopback }),
    }),
    aws: createAwsDoors(configuration),
    crypto: cryptography,
    log: (entry) => {
      process.stdout.write(`${JSON.stringify({ at: clock.now(), ...entry })}\n`);
    },
    tell: bus === undefined ? async () => {} : createEventBridgeTeller(configuration, bus, clock, team),
    remaining,
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
  // Receipts are evidence for places that cannot be read; without them such a place is written again and asked again.
  history: { receipts: async () => [], saveReceipt: async () => {}, failures: async () => 0, saveFailures: async () => {} },
};
