/** What a plug-in can do, with what one has to know about it; or why not. A skipped test and a docs page print the reason. */
export type Ability<Detail extends object = object> =
  | (Detail & { readonly can: true })
  | { readonly can: false; readonly why: string };

export function can(): { readonly can: true };
export function can<Detail extends object>(detail: Detail): Detail & { readonly can: true };
export function can(detail: object = {}): { readonly can: true } {
  return { ...detail, can: true };
}

export function cannot(why: string): { readonly can: false; readonly why: string } {
  return { can: false, why };
}

/** Where a fact was read, and when. `checked` is an ISO date. */
export interface Source {
  readonly says: string;
  readonly url: string;
  readonly checked: string;
}

/** What nobody could check, and which setting to change if it turns out otherwise. */
export interface Unconfirmed {
  readonly says: string;
  readonly setting: string;
}

/** How far a plug-in has been proven, and when. Nothing claims more than was seen. */
export interface Proven {
  readonly on: 'fake' | 'vendor document' | 'real service' | 'real vendor';
  readonly date: string;
}

/** An address that a plug-in may call: fixed by the vendor, or given by the catalog in a field of the scope or target, which may hold several. */
export type Address = `https://${string}` | { readonly field: string };

interface CommonFacts {
  /** The folder's name: lower case, digits and hyphens. */
  readonly name: string;
  /** What a person calls it. */
  readonly title: string;
  /** One sentence: what it opens or keeps. */
  readonly summary: string;
  /** The API's base address; relative paths of the plug-in's calls are joined to it. Absent where a plug-in only uses AWS. */
  readonly api?: Address;
  /** Other addresses that it may call. */
  readonly otherHosts?: readonly Address[];
  /** AWS actions that its role needs, for plug-ins that speak to AWS. */
  readonly awsActions?: readonly string[];
  /**
   * On what it needs them: ARNs in which `{partition}`, `{region}` and `{account}` stand for where it runs, and another name for that field of
   * the scope or target. A field that holds a whole ARN stands for all of it, and one called `region` for the region.
   */
  readonly awsResources?: readonly string[];
  /** Further actions, which only read and which AWS ties to no resource. */
  readonly awsActionsAnywhere?: readonly string[];
  readonly sources: readonly Source[];
  readonly unconfirmed: readonly Unconfirmed[];
  readonly proven: readonly Proven[];
  /** How to set up its authority with the least rights: numbered by their order. Empty where it needs none. */
  readonly leastPrivilege: readonly string[];
}

export interface RotatorFacts extends CommonFacts {
  readonly kind: 'api' | 'assisted' | 'http';
  /**
   * `overlap` both live · `byo` we choose the value: store first, install in setSecret · `replace` minting kills the old at once.
   */
  readonly strategy: 'overlap' | 'byo' | 'replace';
  /** Whether the provider keeps a name of ours with the token, and how long it may be. */
  readonly mark: Ability<{ readonly maximumCharacters: number }>;
  /** Whether the authority can list the live tokens. */
  readonly list: Ability;
  readonly revoke: Ability;
  /** Whether the provider tells when a token expires. */
  readonly expiry: Ability<{ readonly maximumDays?: number }>;
  /** Whether the provider tells what a token may do. */
  readonly scopes: Ability;
  /** Whether the provider tells when a token was last used, how exactly, and how late. */
  readonly lastUsed: Ability<{ readonly granularityMinutes: number; readonly lagMinutes: number }>;
  /** How many live tokens one principal may have, where the provider limits it. */
  readonly slots: Ability<{ readonly live: number }>;
  /** The ref is itself secret: the label carries a digest, and the ref is read back from the stored value's part of this name. */
  readonly secretRefPart?: string;
  /** What the provider issues besides the value itself, by part name: what it is. */
  readonly parts: Readonly<Record<string, string>>;
  /** Those parts without which a stored token can be neither verified nor revoked: the catalog must give each a field. */
  readonly requiredParts: readonly string[];
  /** The most bytes that a value of this provider has been seen to take. */
  readonly valueBytes: number;
  /** A value has line breaks, so that no header takes it. */
  readonly isMultiline?: true;
  /** How long a fresh token may still be refused. */
  readonly settleSeconds: number;
  /** How long a revoked token may still work. */
  readonly deathSeconds: number;
  /** How a person makes a new one by hand: the runbook's steps. */
  readonly byHand: readonly string[];
  readonly ifAllElseFails: string;
}

/**
 * How well a copy can be read back: `value` the value itself · `digest` something computed from it · `tail` its last characters ·
 * `metadata` only when or that it changed · `none` nothing.
 */
export type ReadClass = 'value' | 'digest' | 'tail' | 'metadata' | 'none';

export interface DependentFacts extends CommonFacts {
  /**
   * Only for a place that keeps nothing and has to be started anew: whence those who run there read the token when they start. `another-place`
   * a dependent that its `after` names · `the-secret` the rotated secret itself, which has a new token only after promotion.
   */
  readonly readsFrom?: 'another-place' | 'the-secret';
  /** The best read class it can have; a single variable may be worse, and `read` says so each time. */
  readonly readClass: ReadClass;
  /** What brings an applied value into effect: nothing more, the place itself after a while, a call of ours, or whatever runs next. */
  readonly activation: 'none' | 'automatic' | 'call' | 'next-run';
  /** After a copy is in effect, how long something may still run with the old one. */
  readonly drainSeconds: number;
  /** The most bytes that it takes. */
  readonly maximumBytes: Ability<{ readonly bytes: number }>;
  /** Whether a write can be tied to what was read, so that a stranger's write in between is not lost. */
  readonly lock: Ability;
  /** How a person updates it by hand: the runbook's steps. */
  readonly byHand: readonly string[];
  readonly ifAllElseFails: string;
}
