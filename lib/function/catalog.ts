import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { type KeyturnEvent, readEvent } from '../alerts/events.ts';
import {
  type CompiledIndex,
  type Directory,
  type IndexedToken,
  parseCompiled,
  parseCompiledIndex,
  parseDirectory,
  tokenOfArn,
} from '../catalog/compiled.ts';
import { RotationError } from '../engine/errors.ts';
import { jsonOf } from '../engine/event.ts';
import { mostGenerations, type Rest, within } from '../engine/hand-on.ts';
import { pausesOfFreezes } from '../engine/pauses.ts';
import type { Pause } from '../engine/records.ts';
import type { Token } from '../engine/token.ts';
import { readMessages } from './messages.ts';

/** A token with what the function may do for it. */
export interface Found {
  readonly token: Token;
  readonly provider: string;
  /** The only origins that may be called. */
  readonly hosts: readonly string[];
  readonly team: string | undefined;
  /** Pauses that the catalog says. */
  readonly pauses: readonly Pause[];
}

/**
 * The catalog entry that a secret belongs to, or `not-ours`. A secret that the catalog calls by its name is one of this function's own
 * account and region; one of another account has to be named by its ARN.
 */
export function findToken(secretArn: string, functionArn: string): Found {
  const { provider, tokens, hosts, teams, freezes } = parseCompiled(readFileOf('KEYTURN_CATALOG_FILE'));
  const token = tokenOfArn(tokens, secretArn);
  const isNamedByArn = token?.secret === secretArn;
  if (token !== undefined && (isNamedByArn || placeOf(secretArn) === placeOf(functionArn))) {
    const team = Object.hasOwn(teams, token.name) ? teams[token.name] : undefined;
    return { token, provider, hosts, team, pauses: pausesOfFreezes(freezes) };
  }
  throw new RotationError('not-ours', 'keyturn: this secret is in no catalog entry of this function', {
    fix: 'Add the token to the catalog and deploy, or point the secret at the function that it belongs to.',
    definite: true,
  });
}

/** The text of a message that hands a sweep on. */
const restMessage = z.strictObject({
  Sweep: z.strictObject({
    From: z.string().regex(/^[a-z0-9-]{1,64}$/),
    Generation: z.int().min(1).max(mostGenerations),
  }),
});

/**
 * What a sweep is to look at: every token, what an earlier run of the same sweep has left, or the one whose secret an event of Secrets Manager
 * names. Other secrets of the account have such events too, and nothing is looked at for them.
 */
export function readSwept(event: unknown): {
  readonly index: CompiledIndex;
  readonly tokens: readonly IndexedToken[];
  /** Of all tokens, whatever the sweep is of. */
  readonly providers: readonly string[];
  /** Whether all tokens are looked at. */
  readonly isWhole: boolean;
  /** How often the sweep of everything was handed on. Undefined where only something changed is looked at. */
  readonly generation: number | undefined;
} {
  const index = readIndex();
  const { tokens } = index;
  const providers = [...new Set(tokens.map(({ provider }) => provider))];
  const [message] = readMessages(event) ?? [];
  if (message !== undefined) {
    const { from, generation } = readRest(message.body);
    return { index, tokens: within(tokens, from), providers, isWhole: false, generation };
  }
  const { source, resources } = (event ?? {}) as { readonly source?: unknown; readonly resources?: unknown };
  if (source !== 'aws.secretsmanager' || !Array.isArray(resources))
    return { index, tokens: within(tokens), providers, isWhole: true, generation: 0 };
  const changed = resources.flatMap((arn) => (typeof arn === 'string' ? (tokenOfArn(tokens, arn) ?? []) : []));
  return { index, tokens: changed, providers, isWhole: false, generation: undefined };
}

/** Every token, and whom it concerns. */
export function readIndex(): CompiledIndex {
  return parseCompiledIndex(readFileOf('KEYTURN_INDEX_FILE'));
}

/** Throws `event` where it is none, so that it comes again and is kept in the end. */
function readRest(text: string): Rest {
  const parsed = restMessage.safeParse(jsonOf(text));
  if (parsed.success) return { from: parsed.data.Sweep.From, generation: parsed.data.Sweep.Generation };
  throw new RotationError('event', 'keyturn: a message in the queue of the reconciler hands no sweep on', {
    fix: 'See who else may send to this queue: only the reconciler itself writes there.',
    definite: true,
  });
}

/** Whom a message can go to, and where the runbook of a token is: in the console, where there is one and the catalog names no other place. */
export function readDirectory(): Directory {
  const directory = parseDirectory(readFileOf('KEYTURN_DIRECTORY_FILE'));
  const { KEYTURN_RUNBOOK_URL: runbookUrl } = process.env;
  return runbookUrl === undefined ? directory : { ...directory, alerts: { runbookUrl, ...directory.alerts } };
}

/** What the function that tells is called for: an event of ours, or its schedule. Anything else is refused as `event`. */
export function readOccasion(event: unknown): KeyturnEvent | 'schedule' {
  const { source, detail, 'detail-type': type } = (event ?? {}) as Readonly<Record<string, unknown>>;
  if (source === 'aws.events') return 'schedule';
  const read = source === 'keyturn' ? readEvent(type, detail) : undefined;
  if (read !== undefined) return read;
  throw new RotationError('event', 'keyturn: this event is none that people are told of', {
    fix: 'Deploy again: the bus and the function that tells have to be of one version.',
    definite: true,
  });
}

/** Partition, region and account of an ARN. */
function placeOf(arn: string): string {
  const [, partition, , region, account] = arn.split(':');
  return `${partition}:${region}:${account}`;
}

/** The text of the file that a variable names. */
export function readFileOf(variable: string): string {
  try {
    return readFileSync(process.env[variable] ?? '', 'utf8');
  } catch {
    throw new RotationError('catalog', `keyturn: ${variable} does not name a file that can be read`, {
      fix: 'Deploy again: the catalog travels with the function.',
      definite: true,
    });
  }
}
