import type { Configuration, Proof } from './configuration.ts';
import type { Instant } from './contract.ts';
import type { Happening } from './happening.ts';

// What is written down besides the truth, which is in Secrets Manager, at the providers and in the dependents. All of it may be lost: the
// next sweeps find out again what is wrong, and tell again.

/** Something that happened, as it was told; or what a person asked for, written down before it was done. */
export interface Happened extends Omit<Happening, 'what'> {
  readonly what: Happening['what'] | 'person.acted' | 'drill.signed';
  /** Who asked for it. */
  readonly by?: string;
  /** Of what shows that a renewal works: of which configuration it shows that. */
  readonly configuration?: Configuration;
  /** The same for the same thing told twice. */
  readonly id: string;
  readonly at: Instant;
}

/** What a look at a token's current value found, asked of the provider and of the dependents. */
export interface Health {
  readonly token: string;
  readonly secretArn: string;
  /** The version that was looked at. */
  readonly versionId: string;
  readonly checkedAt: Instant;
  /** `limited` and `unclear`: the provider did not say this time. */
  readonly verdict: 'valid' | 'invalid' | 'limited' | 'unclear';
  readonly expiresAt?: Instant;
  readonly createdAt?: Instant;
  readonly scopes?: readonly string[];
  readonly lastUsedAt?: Instant | null;
  /** When its authority expires. Not written down: a sweep knows it from the authority's own entry in the catalog. */
  readonly authorityExpiresAt?: Instant;
  /** When a renewal, or a rehearsal of one, last came to its end. */
  readonly provenAt?: Instant;
  /** When whoever uses a copy answered with the value that was looked at, by the name of the dependent. */
  readonly answeredAt?: Readonly<Record<string, Instant>>;
  readonly findings: readonly Finding[];
}

/** What a look found to be otherwise than the catalog says. Nothing secret. */
export interface Finding {
  readonly code: FindingCode;
  /** The dependent, the scope or the field that it is about. */
  readonly about: string;
  /** One sentence without the token's name. */
  readonly message: string;
  readonly fix: string;
}

export type FindingCode =
  | 'scope-missing'
  | 'scope-too-wide'
  | 'expiry-differs'
  | 'dependent-drifted'
  | 'dependent-foreign'
  | 'dependent-unreachable'
  | 'dependent-shadowed'
  | 'dependent-restarting'
  | 'stray'
  | 'still-used'
  | 'no-way-to-revoke'
  | 'unreadable'
  | 'drill-failed';

/** Something wrong, or about to be, as one look at the whole shows it. The same look gives the same causes: nothing is remembered here. */
export interface Cause {
  /** The same for as long as it is the same trouble: code, token and what it is about, with slashes. */
  readonly id: string;
  /** The same for all steps of one trouble that comes closer: when a later step takes the place of an earlier one, nothing is over. */
  readonly series?: string;
  readonly code: string;
  /** Missing where it is about the whole installation. */
  readonly token?: string;
  /** `now` something is broken or stands still · `soon` it will · `note` somebody should know. */
  readonly urgency: 'now' | 'soon' | 'note';
  /** One sentence that names the token. */
  readonly message: string;
  /** What happens next by itself. */
  readonly next: string;
  /** What a person does: one sentence, with the exact command where there is one. */
  readonly fix: string;
}

/** A cause that people were told of. */
export interface Alert extends Cause {
  readonly openedAt: Instant;
  /** When what stands here was last true: it is written when something about it changes, and not by every sweep. */
  readonly seenAt: Instant;
  /** The first look that no longer found it. It is over when a later one does not either, so that what comes and goes is not told each time. */
  readonly missingSince?: Instant;
  /** Who is told last: each is told once, then the next. Without `toldAt` it was meant, and nobody knows whether it was done. */
  readonly toldTo?: 'owner' | 'backup' | 'team';
  readonly toldAt?: Instant;
  /** All who were told, the last of them too: of many at once only the team is. */
  readonly told?: readonly NonNullable<Alert['toldTo']>[];
  readonly acknowledged?: { readonly by: string; readonly at: Instant; readonly note?: string };
  /** For comparing when it is saved: another sweep may have been faster. Each save makes it higher. */
  readonly revision: number;
}

/** Acting is stopped, never watching: for everything, a provider or a token. */
export interface Pause {
  readonly of: 'everything' | `provider:${string}` | `token:${string}`;
  readonly by: string;
  readonly why: string;
  readonly since: Instant;
  readonly until?: Instant;
}

/** What one token's function reads and writes of it, besides its receipts. All of it throws `unavailable` where it is not answered. */
export interface TokenRecords {
  /** Newest first. */
  happened(token: string, most: number): Promise<readonly Happened[]>;
  /** The same id a second time is in the history once; what it proves counts each time. */
  record(happened: Happened): Promise<void>;
  health(token: string): Promise<Health | undefined>;
  saveHealth(health: Health): Promise<void>;
  /** All pauses; what concerns a token is for the reader to see. */
  pauses(): Promise<readonly Pause[]>;
}

/** What the reconciler, and people by the commands, read and write of the whole. All of it throws `unavailable` where it is not answered. */
export interface Ledger {
  /** Of every token that was ever looked at, in a few calls whatever their number. */
  healths(): Promise<readonly Health[]>;
  /** Of every token of which anything shows that it can be renewed, in a few calls too. */
  proofs(): Promise<readonly Proof[]>;
  happened(token: string, most: number): Promise<readonly Happened[]>;
  /** What a person asked for, of a token of this provider. */
  recordAction(provider: string, happened: Happened): Promise<void>;
  /** What is not over yet. */
  alerts(): Promise<readonly Alert[]>;
  /** `lost` where the stored one has another revision than `seen` (or where there is one, and none was seen). */
  saveAlert(alert: Alert, seen: Alert | undefined): Promise<'saved' | 'lost'>;
  removeAlert(seen: Alert): Promise<'removed' | 'lost'>;
  pauses(): Promise<readonly Pause[]>;
  savePause(pause: Pause): Promise<void>;
  removePause(of: Pause['of']): Promise<void>;
  /** When the digest of a day went out: `2026-11-25`. False where another sweep has taken it. */
  takeDigest(day: string): Promise<boolean>;
}
