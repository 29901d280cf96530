import type * as z from 'zod';
import type { DependentFacts, ReadClass, RotatorFacts } from './facts.ts';
import type { Secret } from './secret.ts';

/** A moment: milliseconds since 1970 UTC. */
export type Instant = number;

// ---------------------------------------------------------------------------------------------------------------- the doors out

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** A body or header may hold a Secret anywhere; the door reveals it on the wire and nowhere else. */
export interface HttpRequest {
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string | Secret>>;
  /** The exact bytes to send, where a signature covers them. */
  readonly text?: Secret;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string | Secret>>;
  readonly bearer?: Secret;
  readonly basic?: { readonly user: string; readonly password: Secret };
  /** Statuses besides 2xx that are answers here, and no errors. */
  readonly accept?: readonly number[];
  /** Says that doing it twice is the same as once, so that the door may try again. GET, HEAD and what only `asks` always are. */
  readonly idempotent?: boolean;
  /** Says that it only asks, whatever its method: nothing that matters is changed by it, such as where access is asked for by POST. */
  readonly asks?: boolean;
  /** Certificates in PEM that alone vouch for the host, in place of the authorities that Node knows. Only for `https:`. */
  readonly certificateAuthority?: string;
}

export interface HttpAnswer {
  readonly status: number;
  header(name: string): string | undefined;
  /** The body, checked against a schema; what does not fit is `malformed` and names the field, never what stood in it. */
  json<T>(schema: z.ZodType<T>): T;
}

/**
 * The only door to the network. `path` is joined to the plug-in's base address; an absolute address must be one of its allowed hosts.
 * An address that begins with `ssh:` is a repository, and is asked as lib/ssh says.
 * Time-outs, size caps, retries of what is safe to repeat, Retry-After, refused redirects and the sorting of errors are in here.
 * Anything but 2xx or an accepted status throws a RotationError: `limited` 429 and a 403 that only asks for a pause (even where 403 is
 * accepted), `refused` 401 and 403, `absent` 404 and 410, `rejected` another 4xx, `unavailable` what was certainly not done or is safe to
 * repeat, `uncertain` a change whose answer is not known, `malformed`. 408 counts as no answer.
 */
export type Http = (method: Method, path: string, request?: HttpRequest) => Promise<HttpAnswer>;

/** An access key of AWS. */
export interface AwsKey {
  readonly accessKeyId: Secret;
  readonly secretAccessKey: Secret;
}

export interface AwsClientOptions {
  readonly region?: string;
  /** Acts as the owner of this key, and not as the role. */
  readonly as?: AwsKey;
  /** Sends each call once and no more, for what must not be done twice. */
  readonly once?: boolean;
}

/** Opens an AWS client of the given class, through the role that the catalog gives as `via:`. */
export type AwsDoor = <Client>(clientClass: new (configuration: never) => Client, options?: AwsClientOptions) => Client;

/** Cryptography that costs time, behind a port, so that a simulation need not wait for it. */
export interface Cryptography {
  /** libsodium's sealed box: only the holder of the private key can open it. */
  seal(text: Secret, publicKey: Uint8Array): Promise<Uint8Array>;
  /** A new pair for SSH: Ed25519, the private half in OpenSSH's format and without a passphrase. */
  makeKeyPair(): Promise<{ readonly privateKey: Secret; readonly publicKey: string }>;
  /** The other half of any private key that SSH takes: its kind and its base64. Undefined where the text is none, or needs a passphrase. */
  publicKeyOf(privateKey: Secret): Promise<string | undefined>;
}

// ---------------------------------------------------------------------------------------------------------------- rotators

/** What a consumer needs to use a token: the value, and the parts that the provider issues with it (a key id, a client id). */
export interface Credential {
  readonly value: Secret;
  readonly parts: Readonly<Record<string, Secret>>;
}

export interface Minted {
  readonly credential: Credential;
  /** How the provider names the token: enough to revoke it, with the authority and the stored credential. */
  readonly ref: string;
}

export type Verdict =
  | { readonly ok: true; readonly scopes?: readonly string[]; readonly expiresAt?: Instant }
  | { readonly ok: false; readonly why: 'rejected'; readonly detail: string };

/** What the provider tells of a token; what it does not tell is left out. `lastUsedAt: null` says that it was never used. */
export interface Inspection {
  readonly ref?: string;
  readonly scopes?: readonly string[];
  readonly expiresAt?: Instant;
  readonly createdAt?: Instant;
  readonly lastUsedAt?: Instant | null;
  /** Who used it last, as far as the provider tells (an address, a user agent). */
  readonly lastUsedBy?: string;
}

/** A live token in the provider's own list. `name` is the field that holds our mark. */
export interface Found {
  readonly ref: string;
  readonly name?: string;
  readonly createdAt?: Instant;
}

/** What a rotator has at hand when it acts as the token itself. */
export interface TokenContext<Scope> {
  readonly http: Http;
  readonly aws: AwsDoor;
  readonly scope: Scope;
}

/** What a rotator has at hand when it acts with the authority. */
export interface AuthorityContext<Scope, Authority> extends TokenContext<Scope> {
  readonly authority: Authority;
  readonly crypto: Cryptography;
}

export interface MintRequest {
  /** What to write into the field that the provider keeps; undefined where it keeps none. */
  readonly mark: string | undefined;
  /** The moment, for a token that is given an end. */
  readonly now: Instant;
  /** Cryptographically random bytes, for what is chosen here. */
  readonly random: (bytes: number) => Uint8Array;
}

/**
 * A provider of tokens. It keeps nothing between calls, and never sleeps, retries, logs or reads the clock: the engine does.
 * Methods stand in this order in every plug-in. An optional power is an optional method, and `facts` says why it is missing.
 */
export interface Rotator<Scope = unknown, Authority = unknown> {
  readonly facts: RotatorFacts;
  readonly scope: z.ZodType<Scope>;
  readonly authority: z.ZodType<Authority>;
  /** Only where what it can or needs follows from the scope: itself as it is for this one, with the same name and scope. */
  forScope?(scope: Scope): Rotator<Scope, Authority>;
  /** Issues one token. Called once an attempt and never repeated after a lost answer. For `byo` it only chooses a value. */
  mint(context: AuthorityContext<Scope, Authority>, request: MintRequest): Promise<Minted>;
  /** `byo` only: makes the provider accept the value, under the mark. Idempotent. */
  install?(context: AuthorityContext<Scope, Authority>, minted: Minted, mark: string | undefined): Promise<void>;
  /** Asks the provider, as the token, whether it works. Harmless and repeatable. Unclear answers throw. */
  verify(context: TokenContext<Scope>, credential: Credential): Promise<Verdict>;
  /** What the provider tells of one token, found by its ref or, where that is not known, by its value. */
  inspect?(
    context: AuthorityContext<Scope, Authority>,
    token: { readonly ref?: string; readonly credential: Credential },
  ): Promise<Inspection>;
  /** Ends a token. What is already gone is done. */
  revoke?(
    context: AuthorityContext<Scope, Authority>,
    token: { readonly ref: string; readonly credential?: Credential },
  ): Promise<void>;
  /** Every live token of the principal, ours and others'. */
  find?(context: AuthorityContext<Scope, Authority>): Promise<readonly Found[]>;
}

// ---------------------------------------------------------------------------------------------------------------- dependents

/** What a dependent is to hold. */
export interface Copy {
  readonly value: Secret;
  /** The version of the secret that it was taken from. */
  readonly versionId: string;
  readonly secretArn: string;
  /** The token's name in the catalog. */
  readonly token: string;
}

/** What a dependent holds, as far as it can be read. */
export interface Holding {
  readonly readClass: ReadClass;
  /** Undefined where not even that can be told. */
  readonly exists: boolean | undefined;
  /** Whether what is there is, as far as the read class shows, a copy of this value. Missing for `metadata` and `none`. */
  readonly matches?: (candidate: Secret) => boolean;
  /** Changes when somebody writes: a time, a version id. Compared with the receipt's. */
  readonly version?: string;
  /** What an optimistic lock needs to write only over what was read. */
  readonly lock?: string;
}

/** What a dependent remembers of a write or an activation, for the receipt. Nothing secret. */
export interface Evidence {
  /** The holding's version after our write. */
  readonly version?: string;
  /** The redeployment or restart that was started, so that it can be asked for again. */
  readonly activation?: string;
}

export type Effect =
  | {
      readonly state: 'in-effect';
      readonly by: 'reading' | 'receipt';
      /** What a person should know of it. */
      readonly detail?: string;
    }
  | { readonly state: 'not-yet'; readonly detail: string }
  | { readonly state: 'failed'; readonly detail: string };

export interface DependentContext<Target, Authority> {
  readonly http: Http;
  readonly aws: AwsDoor;
  readonly crypto: Cryptography;
  readonly target: Target;
  readonly authority: Authority;
  readonly now: Instant;
}

/** A run of a workflow that reads the copy where it is used, and answers a nonce with it: docs/canary.md. */
export interface WorkflowRun {
  readonly nonce: string;
  /** As the place tells it. */
  readonly startedAt: Instant;
  readonly state: 'running' | 'ended';
  /** Missing where it ended without one. */
  readonly answer?: string;
}

/** Workflows beside a place. Only asked where the catalog says so. */
export interface Workflows<Target, Authority> {
  /** Throws where this workflow is not there, or cannot be asked. */
  assertReady(context: DependentContext<Target, Authority>, workflow: string): Promise<void>;
  /** The newest run whose nonce begins with `about`. */
  latest(
    context: DependentContext<Target, Authority>,
    which: { readonly workflow: string; readonly about: string },
  ): Promise<WorkflowRun | undefined>;
  /** Asks for one more run. It may be seconds before `latest` shows it. */
  start(
    context: DependentContext<Target, Authority>,
    run: { readonly workflow: string; readonly ref: string; readonly nonce: string },
  ): Promise<void>;
}

/**
 * A place that keeps a copy, or only reads one when it starts. apply -> activate -> in effect are separate, so that each can be resumed after a crash. Putting back is
 * `apply` with the current value: there is no roll-back of its own. The same rules as for rotators: no state, no sleep, no retry, no log.
 */
export interface Dependent<Target = unknown, Authority = unknown> {
  readonly facts: DependentFacts;
  readonly target: z.ZodType<Target>;
  readonly authority: z.ZodType<Authority>;
  /** Only where what it can or needs follows from the target: itself as it is for this one, with the same name and target. */
  forTarget?(target: Target): Dependent<Target, Authority>;
  /** Looks, and changes nothing. Throws where the place cannot be reached or may not be written. */
  read(context: DependentContext<Target, Authority>): Promise<Holding>;
  /**
   * Writes the copy and touches nothing else. Idempotent. Over `seen.lock` where there is one, else `conflict`. An error that is `definite`
   * says that nothing was written: what fails after the write must not be.
   */
  apply(context: DependentContext<Target, Authority>, copy: Copy, seen: Holding): Promise<Evidence>;
  /**
   * Starts whatever brings the copy into effect, or finds the start of an earlier attempt. Does not wait: where it cannot be started yet it
   * throws `not-yet`, having started nothing that would be started twice, and is asked again.
   */
  activate?(context: DependentContext<Target, Authority>, copy: Copy, applied: Evidence): Promise<Evidence>;
  /** Whether those who read from this place have the copy now. `evidence` is what apply and activate remembered, if it is known. */
  inEffect(context: DependentContext<Target, Authority>, copy: Copy, evidence: Evidence | undefined): Promise<Effect>;
  /**
   * What stands before this place, under the same name and for some of those who read from it, and is not seen to be this copy too: each in
   * words that hold no value. Only looks ask for it, and no rotation; only where its own authority can see all that it claims to see.
   */
  shadows?(context: DependentContext<Target, Authority>, copy: Copy): Promise<readonly string[]>;
  /** Only where a workflow can read this very copy and be asked for it. */
  readonly workflows?: Workflows<Target, Authority>;
}

// biome-ignore lint/suspicious/noExplicitAny: a registry holds plug-ins of every scope; each plug-in parses its own.
export type AnyRotator = Rotator<any, any>;
// biome-ignore lint/suspicious/noExplicitAny: as above.
export type AnyDependent = Dependent<any, any>;
