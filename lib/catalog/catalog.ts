import type { Registry } from '../engine/open-token.ts';
import type { Mode, Token } from '../engine/token.ts';
import type { Schedule } from './schedule.ts';

/** The plug-ins with their names, so that a misspelt one can be told from the right one. */
export interface CatalogRegistry extends Registry {
  readonly rotatorNames: readonly string[];
  readonly dependentNames: readonly string[];
}

/** Everything that a catalog folder says, found to be without errors. */
export interface Catalog {
  /** By id. */
  readonly people: ReadonlyMap<string, Person>;
  readonly teams: ReadonlyMap<string, Team>;
  /** Times in which nothing is begun. */
  readonly freezes: readonly Freeze[];
  readonly alerts: AlertSettings;
  /** By the token's name, in its alphabetical order. */
  readonly entries: readonly CatalogEntry[];
}

export interface Person {
  readonly name: string;
  readonly email: string;
  readonly phone?: string;
  /** The day they left: `2026-09-30`. */
  readonly left?: string;
  /** Of the address of their calendar. @default 1 */
  readonly feedVersion?: number;
}

export interface Team {
  readonly name: string;
  readonly email: string;
  /** Ids of people. */
  readonly members: readonly string[];
  /** The secret with the address of an incoming webhook of Slack. */
  readonly slack?: string;
  readonly webhook?: {
    readonly url: string;
    /** The secret with the signing secret. */
    readonly secret: string;
  };
  /** Of the address of its calendar. @default 1 */
  readonly feedVersion?: number;
}

/** Who is told when. */
/** Milliseconds since 1970; over when `until` comes. */
export interface Freeze {
  readonly from: number;
  readonly until: number;
  readonly why: string;
  /** Missing: all. */
  readonly providers?: readonly string[];
}

export interface AlertSettings {
  /** How long an alert waits to be acknowledged before the next person is told. */
  readonly escalateHours: { readonly now: number; readonly soon: number };
  /** How many days before a token expires people are told, the most first. */
  readonly warnDays: readonly number[];
  /** The hour of the daily digest, in the time zone. */
  readonly digestHour: number;
  /** Its IANA name. */
  readonly timeZone: string;
  /** `{token}` in it stands for the token's name. */
  readonly runbookUrl?: string;
}

/** A token with what only people need to know of it. */
export interface CatalogEntry {
  readonly token: Token;
  /** The file that says so, as a person is told of it. */
  readonly file: string;
  readonly description: string;
  readonly stopsWhenItFails: string;
  /** The id of a person. */
  readonly owner: string;
  /** Another one. */
  readonly backup: string;
  readonly team?: string;
  readonly account: Account;
  readonly schedule: Schedule;
  /** The secret was there before: nothing makes it. */
  readonly isAdopted: boolean;
  readonly needs: Needs;
  readonly consumers: readonly Consumer[];
  /** Markdown. */
  readonly runbook?: string;
}

/** What the function of a token's provider must be able to reach for it, from the facts of its plug-ins. */
export interface Needs {
  /** A person makes each new one: AWS has no schedule for it. */
  readonly isAssisted: boolean;
  /** The origins of all addresses that may be called, each once and in order. */
  readonly hosts: readonly string[];
  /** What is done on AWS by the function itself, and not through a role. */
  readonly aws: readonly AwsNeed[];
}

export interface AwsNeed {
  readonly actions: readonly string[];
  /** ARNs in which only `{partition}`, `{region}` and `{account}` may still have to be filled in. */
  readonly resources: readonly string[];
}

export interface Account {
  readonly signIn: string;
  /** The id of a person or a team. */
  readonly administrator: string;
  readonly secondFactor: string;
  readonly recovery: string;
}

export interface Consumer {
  readonly name: string;
  /** How long they may go on using a value that they have read. */
  readonly cacheHours: number;
  readonly reads?: string;
}

/** Whether Secrets Manager has a schedule for it: nobody else, and no person, makes its new tokens. */
export function isScheduled({ token, needs }: Pick<CatalogEntry, 'token' | 'needs'>): boolean {
  return token.mode !== 'observe' && token.rotation !== 'external' && !needs.isAssisted;
}

/** What holds where neither the token nor keyturn.yaml says otherwise. */
export const builtIn = { mode: 'retire' as Mode, overlapHours: 24, quietHours: 24 } as const;

export const builtInAlerts: AlertSettings = {
  escalateHours: { now: 4, soon: 24 },
  warnDays: [30, 14, 7, 3, 1],
  digestHour: 8,
  timeZone: 'UTC',
};
