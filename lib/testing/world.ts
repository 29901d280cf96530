import { createSecretsManagerStore } from '../aws/secrets-manager-store.ts';
import { cryptography } from '../crypto/cryptography.ts';
import type { AwsClientOptions, AwsDoor, AwsKey, Cryptography } from '../engine/contract.ts';
import { createAuthorityCache, openToken, type Registry } from '../engine/open-token.ts';
import type { Happening, History, LogEntry, Ports, Receipt } from '../engine/ports.ts';
import type { Happened, Health, Pause, TokenRecords } from '../engine/records.ts';
import type { Token } from '../engine/token.ts';
import { createDoors } from '../http/door.ts';
import { createSecretsManager, type SecretsManager } from '../local/secrets-manager/service.ts';
import type { Switches } from '../local/secrets-manager/switches.ts';
import { type FakeWorld, fetchOf, type HttpFake } from './fake.ts';
import { type AroundAws, type AwsService, inProcessClient } from './in-process.ts';
import { legibleKeys } from './keys.ts';

/** The one function that rotates in a test world. */
export const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate';

/** A call that leaves the engine, before it has an effect. */
export interface OutwardCall {
  readonly to: 'aws' | 'network' | 'history' | 'tell';
  /** `GetSecretValue name`, `POST https://...`. */
  readonly what: string;
  /** The name of the secret that it is about, where there is one. */
  readonly secret?: string;
}

/**
 * A whole small world in one process: a virtual clock, the embedded Secrets Manager, fakes behind the real http door, a history in memory.
 * Every call that leaves the engine passes `around`, in order.
 */
export interface World {
  /** The true time: that of AWS, of the providers and of the places. */
  readonly clock: VirtualClock;
  /** The functions' own clock, which may be wrong. */
  readonly ourClock: { wrongByMilliseconds: number };
  readonly secretsManager: SecretsManager;
  readonly ports: Ports;
  readonly calls: OutwardCall[];
  readonly happenings: Happening[];
  readonly logs: LogEntry[];
  readonly receipts: Map<string, Receipt>;
  /** Failures in a row, by the secret's ARN. */
  readonly failureCounts: Map<string, number>;
  readonly recorded: Recorded;
  /** Lets every call pass through here from now on; the answer undoes it. */
  interfere(around: Around): () => void;
  /** What fakes of this world are made with. */
  readonly fakeWorld: FakeWorld;
  /** Lets a fake take part: at its address, or behind the SDK's clients. */
  add(fake: Partial<HttpFake> & { readonly aws?: Readonly<Record<string, AwsService>> }): void;
  /** What a function remembers from one call to the next is gone. */
  coldStart(): void;
  open(token: Token): ReturnType<typeof openToken>;
}

/** What is written down besides receipts. */
export interface Recorded {
  /** By token and id, in the order in which they happened. */
  readonly happened: Map<string, Happened>;
  /** By token. */
  readonly health: Map<string, Health>;
  /** By what is paused. A test may put some in. */
  readonly pauses: Map<string, Pause>;
}

export interface WorldOptions {
  readonly registry: Registry;
  readonly switches?: Partial<Switches>;
  readonly remaining?: () => number;
  /** Key pairs are always legible ones. @default the real one */
  readonly crypto?: Cryptography;
  readonly around?: Around;
  /** @default chance that comes out the same every time */
  readonly chance?: Chance;
}

/** Sees a call that leaves the engine: lets it have its effect or not, and answers or throws what it likes. */
export type Around = (call: OutwardCall, effect: () => Promise<unknown>) => Promise<unknown>;

export function createWorld(options: WorldOptions): World {
  const { registry, switches = {}, remaining = () => 300_000 } = options;
  let around: Around = options.around ?? ((_call, effect) => effect());
  const clock = createVirtualClock();
  const chance = options.chance ?? createChance();
  const ourClock = { wrongByMilliseconds: 0 };
  const clockOfOurs = { now: () => clock.now() + ourClock.wrongByMilliseconds, sleep: clock.sleep };
  const secretsManager = createSecretsManager({
    clock,
    random: chance.fraction,
    switches,
    functionExists: (arn) => arn === functionArn,
  });
  const calls: OutwardCall[] = [];
  const happenings: Happening[] = [];
  const logs: LogEntry[] = [];
  const receipts = new Map<string, Receipt>();
  const failureCounts = new Map<string, number>();
  const recorded: Recorded = { happened: new Map(), health: new Map(), pauses: new Map() };
  const pass = <Result>(call: OutwardCall, effect: () => Promise<Result>): Promise<Result> => {
    calls.push(call);
    if (call.to === 'network') clock.advance(1); // no two messages in the same millisecond
    return around(call, effect) as Promise<Result>;
  };

  const clientFor = (service: AwsService, as?: AwsKey) => {
    const caller = as && { accessKeyId: as.accessKeyId.reveal(), secretAccessKey: as.secretAccessKey.reveal() };
    const seen: AroundAws = (operation, input, effect) => {
      const id = 'SecretId' in input ? String(input.SecretId) : undefined;
      const secret = id === undefined ? undefined : nameIn(id);
      return pass({ to: 'aws', what: `${operation} ${secret ?? ''}`.trim(), ...(secret ? { secret } : {}) }, async () =>
        effect(),
      );
    };
    return inProcessClient(service, seen, caller);
  };
  const client = clientFor((operation, input) => secretsManager.call(operation, input));
  const httpFakes: HttpFake[] = [];
  const awsFakes = new Map<string, AwsService>();
  const history: History = {
    receipts: (arn) =>
      pass({ to: 'history', what: 'receipts' }, async () =>
        [...receipts].flatMap(([key, one]) => (key.startsWith(arn) ? [one] : [])),
      ),
    saveReceipt: (arn, receipt) =>
      pass({ to: 'history', what: 'saveReceipt' }, async () => {
        receipts.set(`${arn} ${receipt.dependent} ${receipt.versionId}`, receipt);
      }),
    failures: (arn) => pass({ to: 'history', what: 'failures' }, async () => failureCounts.get(arn) ?? 0),
    saveFailures: (arn, count) =>
      pass({ to: 'history', what: 'saveFailures' }, async () => {
        failureCounts.set(arn, count);
      }),
  };
  const records: TokenRecords = {
    happened: (token, most) =>
      pass({ to: 'history', what: 'happened' }, async () =>
        [...recorded.happened.values()]
          .filter((one) => one.token === token)
          .sort((one, other) => other.at - one.at)
          .slice(0, most),
      ),
    record: (happened) =>
      pass({ to: 'history', what: 'record' }, async () => {
        const key = `${happened.token} ${happened.id}`;
        if (!recorded.happened.has(key)) recorded.happened.set(key, happened);
      }),
    health: (token) => pass({ to: 'history', what: 'health' }, async () => recorded.health.get(token)),
    saveHealth: (health) =>
      pass({ to: 'history', what: 'saveHealth' }, async () => {
        recorded.health.set(health.token, health);
      }),
    pauses: () => pass({ to: 'history', what: 'pauses' }, async () => [...recorded.pauses.values()]),
  };
  const fakeFetch = fetchOf(httpFakes);
  const ports: Ports = {
    store: createSecretsManagerStore({ client, once: client }, clockOfOurs),
    history,
    records,
    clock: clockOfOurs,
    random: chance.bytes,
    http: createDoors({
      fetch: (input, init) =>
        pass({ to: 'network', what: `${init?.method ?? 'GET'} ${String(input)}` }, () => fakeFetch(input, init)),
      clock: clockOfOurs,
      random: chance.bytes,
      remaining,
      resolve: async () => [],
    }),
    aws: () =>
      ((clientClass: { name: string }, { as }: AwsClientOptions = {}) => {
        const service = awsFakes.get(clientClass.name);
        return service === undefined ? client : clientFor(service, as);
      }) as unknown as AwsDoor,
    crypto: { ...(options.crypto ?? cryptography), ...legibleKeys(chance.bytes) },
    log: (entry) => {
      logs.push(entry);
    },
    tell: (happening) =>
      pass({ to: 'tell', what: happening.what }, async () => {
        happenings.push(happening);
      }),
    remaining,
  };
  let authorities = createAuthorityCache();
  return {
    clock,
    ourClock,
    secretsManager,
    ports,
    calls,
    happenings,
    logs,
    receipts,
    failureCounts,
    recorded,
    interfere(interference) {
      const before = around;
      around = interference;
      return () => {
        around = before;
      };
    },
    fakeWorld: { now: () => clock.now(), random: chance.text, secretsManager },
    add(fake) {
      if (isHttpFake(fake)) httpFakes.push(fake);
      for (const [name, service] of Object.entries(fake.aws ?? {})) awsFakes.set(name, service);
    },
    coldStart() {
      authorities = createAuthorityCache();
    },
    open: (token) => openToken(ports, registry, authorities, token),
  };
}

export interface VirtualClock {
  now(): number;
  sleep(milliseconds: number): Promise<void>;
  advance(milliseconds: number): void;
  set(now: number): void;
}

/** Time that stands still until somebody moves it or sleeps. */
export function createVirtualClock(start = Date.UTC(2026, 10, 22, 12)): VirtualClock {
  let now = start;
  return {
    now: () => now,
    sleep: async (milliseconds) => {
      now += milliseconds;
    },
    advance: (milliseconds) => {
      now += milliseconds;
    },
    set: (moment) => {
      now = moment;
    },
  };
}

export interface Chance {
  fraction(): number;
  bytes(count: number): Uint8Array;
  /** Lower-case letters and digits. */
  text(characters: number): string;
}

/** Chance that comes out the same every time. */
export function createChance(seed = 1): Chance {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    fraction,
    bytes: (count: number) => Uint8Array.from({ length: count }, () => Math.floor(fraction() * 256)),
    text: (characters: number) => Array.from({ length: characters }, () => Math.floor(fraction() * 36).toString(36)).join(''),
  };
}

function isHttpFake(fake: Partial<HttpFake>): fake is HttpFake {
  return fake.api !== undefined && fake.handle !== undefined;
}

function nameIn(secretId: string): string {
  const [, name] = /^arn:[^:]+:secretsmanager:[^:]+:\d+:secret:(.+)-[A-Za-z0-9]{6}$/.exec(secretId) ?? [];
  return name ?? secretId;
}
