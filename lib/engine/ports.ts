import type { AwsDoor, Cryptography, Http, Instant } from './contract.ts';
import type { ErrorCode } from './errors.ts';
import type { Address } from './facts.ts';
import type { Happening } from './happening.ts';
import type { TokenRecords } from './records.ts';
import type { Secret } from './secret.ts';

export type { Happening } from './happening.ts';

// The engine's ports: everything that it knows of the world comes through here. lib/aws has them for AWS, the tests their own.

/** What DescribeSecret tells, as far as the engine asks. */
export interface SecretState {
  readonly arn: string;
  /** Labels by version id. A pending version stands here before it has a value. */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  readonly rotationEnabled: boolean | undefined;
  readonly rotationFunctionArn: string | undefined;
  readonly createdAt?: Instant | undefined;
  /** When a rotation last came to its end. */
  readonly rotatedAt?: Instant | undefined;
  /** The latest moment by which AWS means to rotate it; in the past after failures. */
  readonly nextRotationAt?: Instant | undefined;
}

/** What ListSecrets tells of one. */
export interface ListedSecret extends SecretState {
  readonly name: string;
}

export interface StoredVersion {
  readonly versionId: string;
  readonly labels: readonly string[];
  readonly text: Secret;
  readonly createdAt: Instant;
}

export interface NewVersion {
  readonly versionId: string;
  readonly text: Secret;
  readonly labels: readonly string[];
  /** What Secrets Manager gave this rotation to prove that a put through another role belongs to it. */
  readonly rotationToken?: Secret;
}

export type Which = { readonly versionId: string } | { readonly label: string };

/**
 * Secrets Manager. Refusals that certainly had no effect are thrown with `definite: true`; an unanswered write is `uncertain`.
 */
export interface Store {
  /** Throws `not-ours` where there is no such secret. */
  describe(secretId: string): Promise<SecretState>;
  /** Every secret of the account, in pages as they come. It may be minutes behind what `describe` tells. */
  list(): AsyncIterable<ListedSecret>;
  /** Undefined where the secret has no such version, or the version no value. */
  read(secretId: string, which: Which): Promise<StoredVersion | undefined>;
  /**
   * Stores a value under a version id with labels, never trying by itself a second time. `taken`: the id already has another value.
   * The same id with the same value is `stored`.
   */
  put(secretId: string, version: NewVersion): Promise<'stored' | 'taken'>;
  /**
   * Moves one label: `to` alone adds it, `from` alone takes it off, both move it if `from` still has it. `lost` where `from` has it no
   * longer (or, without `from`, another version has it): a compare-and-swap.
   */
  moveLabel(secretId: string, label: string, move: { from?: string; to?: string }): Promise<'moved' | 'lost'>;
  /**
   * Asks Secrets Manager to rotate now into a new version of this id, as the secret is configured; `functionArn` names the function of one that has
   * none yet. `refused` where it cannot begin: one is underway, or no function is named.
   */
  startRotation(secretId: string, versionId: string, functionArn?: string): Promise<'started' | 'refused'>;
}

/** What we wrote where, and when: evidence for places that cannot be read back. */
export interface Receipt {
  readonly dependent: string;
  /** Of the value that was written, salted with the secret's ARN. */
  readonly digest: string;
  readonly versionId: string;
  /** False or missing: the write was intended, and nobody knows whether it took place. */
  readonly isWritten?: boolean;
  /** What the dependent called its content after our write. */
  readonly version?: string;
  readonly activation?: string;
  /** Before the write was sent. */
  readonly intendedAt: Instant;
  /** After it was answered; of an intention the same. */
  readonly appliedAt: Instant;
  readonly inEffectAt?: Instant;
  /** When whoever uses the copy answered with it, as its probe tells. */
  readonly answeredAt?: Instant;
}

/** Receipts and failures. Losing all of it loses no token: the next sweep proves again. Throws `unavailable` where it does not answer. */
export interface History {
  receipts(secretArn: string): Promise<readonly Receipt[]>;
  /** Takes the place of an earlier one of the same dependent and version only: what other runs wrote beside it must not be forgotten. */
  saveReceipt(secretArn: string, receipt: Receipt): Promise<void>;
  /** How often in a row the token failed for good: the back-off's exponent. */
  failures(secretArn: string): Promise<number>;
  saveFailures(secretArn: string, count: number): Promise<void>;
}

export interface Clock {
  now(): Instant;
  sleep(milliseconds: number): Promise<void>;
}

/** One line of the log: progress in the small. */
export interface LogEntry {
  readonly event: string;
  readonly token?: string;
  readonly dependent?: string;
  readonly step?: string;
  readonly state?: string;
  readonly detail?: string;
  readonly code?: ErrorCode;
  readonly fix?: string;
}

export interface Ports {
  readonly store: Store;
  /** The function that runs us, where one does: without a version. */
  readonly functionArn?: string | undefined;
  readonly history: History;
  readonly records: TokenRecords;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
  /** A door that lets only these addresses through; `api` is the base of relative paths. */
  readonly http: (who: string, allow: { api: string | undefined; hosts: readonly string[] }) => Http;
  readonly aws: (via: string | undefined) => AwsDoor;
  readonly crypto: Cryptography;
  readonly log: (entry: LogEntry) => void;
  /** Tells the world. The engine never lets a failure here fail a step. */
  readonly tell: (happening: Happening) => Promise<void>;
  /** Milliseconds until whatever runs us is ended. */
  readonly remaining: () => number;
}

/** An address of the facts, made concrete by the scope or target that the catalog gives: as many as the field holds. */
export function concrete(address: Address, fields: unknown): readonly string[] {
  if (typeof address === 'string') return [address];
  return [(fields as Record<string, unknown>)[address.field] ?? []].flat().map(String);
}
