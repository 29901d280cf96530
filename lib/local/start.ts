import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { bundleHandlers } from '../bundle.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { compileDirectory, compileFor, compileIndex } from '../catalog/compile.ts';
import { sweepMinutes } from '../engine/plan.ts';
import type { LogEntry } from '../engine/ports.ts';
import type { LoopbackHosts } from '../http/addresses.ts';
import { type ObservedCall, openAwsEndpoint } from './aws-endpoint.ts';
import { createMovableClock, type MovableClock } from './clock.ts';
import { type BusEvent, eventBusService } from './event-bus.ts';
import { makeFolder, writeJson } from './files.ts';
import { createFunctionHost, type FunctionHost, type Interceptor } from './functions.ts';
import { invokeRoute } from './lambda-route.ts';
import { createMailService, type Letter } from './mail-service.ts';
import { createLocalQueues } from './queues.ts';
import { createRotationDriver } from './secrets-manager/rotation.ts';
import { secretsManagerService, secureRandom } from './secrets-manager/serve.ts';
import { createSecretsManager } from './secrets-manager/service.ts';
import { openStore } from './secrets-manager/store.ts';

export const region = 'us-east-1';
export const accountId = '000000000000';
/** The functions' own access key: whoever counts their calls tells them by it from everybody else's. */
export const functionAccessKey = 'ASIALOCAL';

export interface Local {
  readonly url: string;
  readonly clock: MovableClock;
  readonly host: FunctionHost;
  /** A client as a person or a consumer has one. */
  readonly client: SecretsManagerClient;
  functionArn(provider: string): string;
  /** One sweep of the reconciler, at once. */
  sweep(): Promise<void>;
  /** Does at once what the clock says is due (scheduled rotations, retries, sweeps), and waits until nothing is running. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

export interface LocalOptions {
  readonly stateFolder: string;
  readonly port?: number;
  readonly catalog: Catalog;
  /** Where stand-ins of vendors listen, by the vendor's host. @default nowhere */
  readonly loopback?: LoopbackHosts;
  readonly onCall?: (call: ObservedCall) => void;
  readonly onEvent?: (event: BusEvent) => void;
  /** An e-mail reached an address. Nothing leaves the machine: everybody counts as having confirmed theirs. */
  readonly onLetter?: (letter: Letter) => void;
  readonly onLog?: (functionName: string, entry: LogEntry) => void;
  readonly intercept?: Interceptor;
}

/** In the state's folder: where it was served last, for the commands. */
export const addressFile = 'endpoint.json';
export interface LocalAddress {
  readonly url: string;
}

const prefix = 'keyturn-';
const functionPrefix = `${prefix}rotate-`;
const reconcileFunction = `${prefix}reconcile`;
const notifyFunction = `${prefix}notify`;

/**
 * AWS as far as Keyturn needs it, on a laptop: Secrets Manager on loopback for the real SDK, the real handlers bundled as they are deployed
 * and run in processes of their own, a scheduler, a bus, and a clock that can be moved. State is kept in the folder.
 */
export async function startLocal(options: LocalOptions): Promise<Local> {
  const { stateFolder, catalog, loopback = {}, onCall, onEvent = () => {}, onLog = () => {}, intercept } = options;
  makeFolder(stateFolder);
  const clock = createMovableClock(stateFolder);
  clock.now(); // or what is wrong with it is said before anything is open
  const providers = [...new Set(catalog.entries.map(({ token }) => token.provider))];
  const bundles = join(stateFolder, 'functions');
  makeFolder(bundles);

  // The endpoint's address is part of the bundle, so it is opened first, and the host it serves comes after it.
  let host: FunctionHost | undefined;
  const secretsManager = createSecretsManager({
    clock,
    random: secureRandom,
    accountId,
    region,
    functionExists: (functionArn) => host?.exists(functionArn) ?? false,
    onEvent: () => {},
  });
  const store = await openStore(join(stateFolder, 'secrets'), secretsManager.setting);
  const queues = createLocalQueues({
    accountId,
    region,
    clock,
    exists: (name) => host?.exists(name) ?? false,
    invoke: (name, event) => lateHost(() => host).invoke(name, event),
    onGivenUp: (name, detail) => onLog(name, { event: 'job.given-up', detail }),
  });
  const { onLetter } = options;
  const mail = createMailService(undefined, { confirms: true, ...(onLetter === undefined ? {} : { onLetter }) });
  const tell = (event: BusEvent) => {
    onEvent(event);
    if (!/^(alert\.|digest$)/.test(event.detailType)) return;
    const message = { source: event.source, 'detail-type': event.detailType, detail: event.detail };
    // Nobody waits for it, so that its end must be nobody's: it is killed where the story ends.
    void lateHost(() => host)
      .invoke(notifyFunction, message)
      .catch(() => {});
  };
  const endpoint = await openAwsEndpoint({
    ...(options.port === undefined ? {} : { port: options.port }),
    services: {
      secretsmanager: secretsManagerService(secretsManager, store),
      AWSEvents: eventBusService(tell),
      AmazonSQS: queues.service,
    },
    routes: [invokeRoute(lateHost(() => host))],
    fallback: (request) => mail.answer(request),
    ...(onCall === undefined ? {} : { onCall }),
  });
  try {
    await bundleHandlers(bundles, { local: { awsEndpoint: endpoint.url, stateFolder, loopback } });
    writeCatalog(bundles, catalog, providers);
  } catch (error) {
    // Left open, it would keep the process alive that has just said what is wrong.
    await endpoint.close();
    const [, first = 'unknown'] = (error instanceof Error ? error.message : '').split('\n');
    throw new Error(`The functions could not be bundled into ${bundles}: ${first.replace(/^error: /, '')}.`);
  }
  host = createFunctionHost({
    region,
    accountId,
    functions: [
      ...providers.map((provider) => ({
        name: `${functionPrefix}${provider}`,
        file: join(bundles, 'rotate.mjs'),
        environment: { KEYTURN_CATALOG_FILE: join(bundles, `${provider}.catalog.json`), KEYTURN_BUS: 'keyturn' },
        timeoutSeconds: 300,
      })),
      {
        name: reconcileFunction,
        file: join(bundles, 'reconcile.mjs'),
        environment: {
          KEYTURN_INDEX_FILE: join(bundles, 'index.json'),
          KEYTURN_QUEUE_PREFIX: `${endpoint.url}/${accountId}/${prefix}`,
          KEYTURN_BUS: 'keyturn',
        },
        timeoutSeconds: 300,
      },
      {
        name: notifyFunction,
        file: join(bundles, 'notify.mjs'),
        environment: {
          KEYTURN_DIRECTORY_FILE: join(bundles, 'directory.json'),
          KEYTURN_PEOPLE_TOPIC: mail.topicArn,
          KEYTURN_OPERATORS_TOPIC: mail.topicArn,
        },
        timeoutSeconds: 60,
      },
    ],
    onLog: (name, line) => {
      const entry = logEntry(line);
      if (entry !== undefined) onLog(name, entry);
    },
    ...(intercept === undefined ? {} : { intercept }),
  });
  const started = host;
  const driver = createRotationDriver(secretsManager, {
    invoke: async (arn, event) => {
      const result = await started.invoke(arn, event);
      return result.ok ? { ok: true } : { ok: false, errorMessage: result.errorMessage };
    },
  });
  driver.start();

  const sweep = async () => {
    await started.invoke(reconcileFunction, {});
  };
  let nextSweepAt = clock.now() + sweepMinutes * 60_000;
  const sweepIfDue = async () => {
    queues.tick();
    if (clock.now() < nextSweepAt) return;
    nextSweepAt = clock.now() + sweepMinutes * 60_000;
    await sweep();
  };
  const timer = setInterval(() => void sweepIfDue(), 500);
  await started.invoke(notifyFunction, { source: 'aws.events', 'detail-type': 'Scheduled Event', detail: {} });
  writeJson(join(stateFolder, addressFile), { url: endpoint.url } satisfies LocalAddress);

  return {
    url: endpoint.url,
    clock,
    host: started,
    client: new SecretsManagerClient({
      region,
      endpoint: endpoint.url,
      credentials: { accessKeyId: 'AKIAVISITOR', secretAccessKey: 'local' },
    }),
    functionArn: (provider) => started.arnOf(`${functionPrefix}${provider}`),
    sweep,
    async catchUp() {
      await driver.tick();
      await driver.idle();
      await sweepIfDue();
      await started.idle();
    },
    async close() {
      clearInterval(timer);
      driver.stop();
      started.close();
      await endpoint.close();
      await store.close();
    },
  };
}

/** What each function is deployed with: its own tokens, and the reconciler's index. */
function writeCatalog(folder: string, catalog: Catalog, providers: readonly string[]): void {
  const write = (name: string, content: unknown) => writeFileSync(join(folder, name), JSON.stringify(content), { mode: 0o600 });
  for (const provider of providers) write(`${provider}.catalog.json`, compileFor(catalog, provider));
  write('index.json', compileIndex(catalog));
  write('directory.json', compileDirectory(catalog));
}

function lateHost(host: () => FunctionHost | undefined): FunctionHost {
  const required = () => {
    const there = host();
    if (there === undefined) throw new Error('the functions are not there yet');
    return there;
  };
  return {
    arnOf: (name) => required().arnOf(name),
    exists: (name) => host()?.exists(name) ?? false,
    invoke: (name, event) => required().invoke(name, event),
    idle: async () => host()?.idle(),
    close: () => host()?.close(),
  };
}

/** A function's line, if it is one of the engine's; whatever else a runtime prints is not ours to show. */
function logEntry(line: string): LogEntry | undefined {
  try {
    const entry: unknown = JSON.parse(line);
    return typeof entry === 'object' && entry !== null && 'event' in entry ? (entry as LogEntry) : undefined;
  } catch {
    return undefined;
  }
}
