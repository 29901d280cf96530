import type { ValueLayout } from './stored-value.ts';

/** How far Keyturn may go with a token: look only, rotate, or rotate and revoke what was replaced. */
export type Mode = 'observe' | 'rotate' | 'retire';

/** How whoever uses a copy is asked which value they have: a route of their own, or a workflow that reads the very secret. */
export type Probe = { readonly route: string } | { readonly workflow: string; readonly ref: string };

/** A place that keeps a copy, as the catalog says it. */
export interface DependentEntry {
  /** Unique within its token. */
  readonly name: string;
  /** Which plug-in. */
  readonly kind: string;
  readonly target: unknown;
  /** The secret that holds the credential for writing there. */
  readonly authority?: string;
  /** The role through which AWS is reached. */
  readonly via?: string;
  /** What is copied: the whole stored text, the value, or one part. */
  readonly copies: 'stored' | 'value' | { readonly part: string };
  /** What to do when it holds something that is not ours. */
  readonly onForeign: 'stop' | 'adopt';
  /** The names of those that must have a new value in effect before this one gets it. */
  readonly after?: readonly string[];
  /** Without it, what the place says has to do. */
  readonly probe?: Probe;
}

/** One of the token's own checks: a harmless request that must succeed with the new value. */
export interface Check {
  readonly name: string;
  readonly url: string;
  /** The header that carries the value, and what stands before it. */
  readonly header: string;
  readonly prefix: string;
  readonly expectStatus: readonly number[];
}

/** A token as the engine needs it: the catalog's entry with its defaults filled in. */
export interface Token {
  readonly name: string;
  /** The secret's name. */
  readonly secret: string;
  readonly provider: string;
  readonly scope: unknown;
  /** The secret that holds what may mint and revoke. */
  readonly authority?: string;
  readonly value: ValueLayout;
  readonly mode: Mode;
  /** Something else rotates it (AWS's own managed rotation, a vendor's function, a person): Keyturn follows, and mints nothing. */
  readonly rotation?: 'external';
  /** Nobody but Keyturn makes tokens for this principal, so that a live one in none of our labels is a stray. */
  readonly exclusive: boolean;
  /** How long a replaced token goes on working. */
  readonly overlapHours: number;
  /** How long a replaced token must have been unused, where the provider tells. */
  readonly quietHours: number;
  /** After so long a replaced token is revoked even if it is still used; without it such a token is held, and its owner told. */
  readonly maxOverlapHours?: number;
  /** How often a renewal is rehearsed; without it, when somebody asks for it. */
  readonly drillEveryDays?: number;
  readonly expect: {
    readonly scopes?: readonly string[];
    readonly expiresWithinDays?: number;
    readonly expiresAfterDays?: number;
  };
  readonly dependents: readonly DependentEntry[];
  readonly checks: readonly Check[];
}
