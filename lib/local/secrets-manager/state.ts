import { createHash } from 'node:crypto';

/** All that Secrets Manager knows of one secret. Plain data that is never changed in place: a change is a new record. */
export type Secret = {
  readonly arn: string;
  readonly name: string;
  readonly accountId: string;
  readonly region: string;
  readonly createToken: string;
  readonly createdAt: number;
  readonly changedAt: number;
  readonly accessedOn?: number;
  readonly description?: string;
  readonly kmsKeyId?: string;
  readonly type?: string;
  readonly tags?: readonly Tag[];
  readonly policy?: string;
  readonly versions: readonly Version[];
  readonly deletion?: { readonly requestedAt: number; readonly scheduledAt: number; readonly goneAt: number };
  readonly rotation?: Rotation;
  readonly replicas?: readonly Replica[];
  /** The primary secret's region, on a replica. */
  readonly replicaOf?: string;
};

/** A version without a value is the id that a rotation has announced; a version without labels is deprecated. Labels are sorted. */
export type Version = {
  readonly id: string;
  readonly createdAt: number;
  readonly labels: readonly string[];
  readonly value?: Value;
  readonly kmsKeyId?: string;
  readonly accessedOn?: number;
};

export type Value = { readonly text: string } | { readonly base64: string };
export type Tag = { readonly Key: string; readonly Value?: string };
export type Replica = {
  readonly region: string;
  readonly kmsKeyId?: string;
  readonly status: 'InSync' | 'Failed';
  readonly message?: string;
};

export type Rotation = {
  readonly enabled: boolean;
  readonly functionArn: string;
  readonly rules?: RotationRules;
  readonly rulesSetAt: number;
  readonly external?: {
    readonly metadata?: readonly { readonly Key?: string; readonly Value?: string }[];
    readonly roleArn?: string;
  };
  readonly lastRotatedAt?: number;
  /** What NextRotationDate shows; stays behind, and may lie in the past, after failures. */
  readonly nextRotationAt?: number;
  /** The window that opens next, and when in it the rotation begins. */
  readonly next?: DueWindow;
  /** A window of the schedule before this one. */
  readonly leftover?: DueWindow;
  readonly run?: Run;
};

export type RotationRules = {
  readonly AutomaticallyAfterDays?: number;
  readonly Duration?: string;
  readonly ScheduleExpression?: string;
};
export type DueWindow = { readonly opensAt: number; readonly closesAt: number; readonly dueAt: number };

/** A rotation that has begun and neither succeeded nor been given up for good. */
export type Run = {
  readonly kind: 'rotate' | 'test';
  readonly versionId: string;
  readonly attempt: number;
  /** How many of the attempt's steps are done. */
  readonly done: number;
  /** An attempt is going on right now. */
  readonly active: boolean;
  /** When the next attempt is due; without it, and not active, the run is stuck. */
  readonly dueAt?: number;
  readonly retriesLeft: number;
  readonly windowClosesAt?: number;
};

export type Snapshot = { readonly secrets: ReadonlyMap<string, Secret>; readonly past: readonly Past[] };
type Past = { readonly at: number; readonly arn: string; readonly before: Secret | undefined };

export type State = ReturnType<typeof createState>;

/** The secrets of all accounts and regions. With `rememberSeconds` it can also be read as it was up to that long ago. */
export function createState(rememberSeconds: number) {
  let secrets = new Map<string, Secret>();
  let arnByName = new Map<string, string>();
  let past: Past[] = [];
  const listeners: ((arn: string, secret: Secret | undefined) => void)[] = [];

  function change(arn: string, secret: Secret | undefined, at: number) {
    if (rememberSeconds > 0) {
      past = past.filter((entry) => entry.at > at - rememberSeconds * 1000);
      past.push({ at, arn, before: secrets.get(arn) });
    }
    const former = secrets.get(arn);
    if (secret) {
      secrets.set(arn, secret);
      arnByName.set(nameKey(secret), arn);
    } else if (former) {
      secrets.delete(arn);
      if (arnByName.get(nameKey(former)) === arn) arnByName.delete(nameKey(former));
    }
    for (const listener of listeners) listener(arn, secret);
  }

  return {
    get: (arn: string) => secrets.get(arn),
    named: (place: { accountId: string; region: string; name: string }) => {
      const arn = arnByName.get(nameKey(place));
      return arn === undefined ? undefined : secrets.get(arn);
    },
    all: () => [...secrets.values()],
    set: (secret: Secret, at: number) => change(secret.arn, secret, at),
    remove: (arn: string, at: number) => change(arn, undefined, at),

    /** One secret as it was at that moment. */
    getAsOf(arn: string, at: number): Secret | undefined {
      const changedSince = past.find((entry) => entry.arn === arn && entry.at > at);
      return changedSince ? changedSince.before : secrets.get(arn);
    },
    /** All secrets as they were at that moment. */
    allAsOf(at: number): Secret[] {
      const then = new Map(secrets);
      for (const { arn, before } of past.filter((entry) => entry.at > at).reverse()) {
        if (before) then.set(arn, before);
        else then.delete(arn);
      }
      return [...then.values()];
    },

    /** Calls the listener after every change, until the returned function is called. */
    onChange(listener: (arn: string, secret: Secret | undefined) => void): () => void {
      listeners.push(listener);
      return () => void listeners.splice(listeners.indexOf(listener), 1);
    },
    /** Costs one copy of the map, not of the secrets. */
    snapshot: (): Snapshot => ({ secrets: new Map(secrets), past }),
    restore(snapshot: Snapshot) {
      secrets = new Map(snapshot.secrets);
      past = [...snapshot.past];
      arnByName = new Map([...snapshot.secrets].map(([arn, secret]) => [nameKey(secret), arn]));
    },
    /** The same for equal states however they came about; tells nothing of the values. Without dates, states that differ only in time are equal too. */
    fingerprint({ dates = true }: { dates?: boolean } = {}): string {
      const prints = [...secrets.values()].map((secret) => fingerprintOf(secret, dates));
      return sha256(prints.sort().join());
    },
  };
}

const nameKey = ({ accountId, region, name }: { accountId: string; region: string; name: string }) =>
  `${accountId} ${region} ${name}`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

const known = { dated: new WeakMap<Secret, string>(), undated: new WeakMap<Secret, string>() };

function fingerprintOf(secret: Secret, dates: boolean): string {
  const cache = dates ? known.dated : known.undated;
  let print = cache.get(secret);
  if (print === undefined) {
    print = sha256(canonical(secret, dates));
    cache.set(secret, print);
  }
  return print;
}

/** JSON with sorted keys. All that is a date, and nothing else, is called `...At` or `...On`. */
function canonical(data: unknown, dates: boolean): string {
  if (Array.isArray(data)) return `[${data.map((item) => canonical(item, dates)).join()}]`;
  if (typeof data !== 'object' || data === null) return JSON.stringify(data) ?? 'null';
  const entries = Object.entries(data).filter(([key, value]) => value !== undefined && (dates || !/(At|On)$/.test(key)));
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${JSON.stringify(key)}:${canonical(value, dates)}`)
    .join()}}`;
}
