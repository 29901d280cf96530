import * as z from 'zod';
import { RotationError } from '../engine/errors.ts';
import type { Mode, Token } from '../engine/token.ts';
import type { AlertSettings, Freeze, Person, Team } from './catalog.ts';
import type { Schedule } from './schedule.ts';

export { tokenOfArn } from './secret-id.ts';

// The catalog as it travels with the functions. This file goes into the Lambda: no YAML, no plug-ins, no file system.

/** What goes with the function of one provider: its tokens, and nobody's name. */
export interface Compiled {
  readonly version: 1;
  readonly provider: string;
  /** The only origins that the function may call: fixed when the catalog is deployed, whatever a plug-in asks for. */
  readonly hosts: readonly string[];
  /** The team of each token that has one, by the token's name: whoever is told of its troubles. */
  readonly teams: Readonly<Record<string, string>>;
  readonly freezes: readonly Freeze[];
  readonly tokens: readonly Token[];
}

/** What goes with the function that tells people. */
export interface Directory {
  readonly version: 1;
  /** By id. */
  readonly people: Readonly<Record<string, Pick<Person, 'name' | 'email' | 'left' | 'feedVersion'>>>;
  readonly teams: Readonly<Record<string, Team>>;
  readonly alerts: AlertSettings;
}

/** What goes with the reconciler: enough to plan and to know who is to be told, nothing to act with. */
export interface CompiledIndex extends Directory {
  readonly freezes: readonly Freeze[];
  readonly tokens: readonly IndexedToken[];
}

export interface IndexedToken {
  readonly name: string;
  readonly provider: string;
  readonly secret: string;
  readonly authority?: string;
  readonly mode: Mode;
  readonly overlapHours: number;
  readonly schedule: Schedule;
  readonly expect: Token['expect'];
  /** Something else rotates it. */
  readonly rotation?: Token['rotation'];
  /** A person makes each new one. */
  readonly isAssisted: boolean;
  readonly drillEveryDays?: number;
  readonly description: string;
  /** Ids of people and a team. */
  readonly owner: string;
  readonly backup: string;
  readonly team?: string;
}

/** Reads what `compileFor` wrote, as text or as a value. Throws `catalog`, naming the field and nothing of what stands there. */
export function parseCompiled(json: unknown): Compiled {
  const compiled = parse(compiledSchema, json);
  const alien = compiled.tokens.find(({ provider }) => provider !== compiled.provider);
  if (alien !== undefined) throw unfit(`the token ${alien.name} is of another provider than ${compiled.provider}`);
  assertUnique(compiled.tokens);
  return compiled;
}

/** Reads what `compileIndex` wrote, in the same way. */
export function parseCompiledIndex(json: unknown): CompiledIndex {
  const index = parse(indexSchema, json);
  assertUnique(index.tokens);
  return index as unknown as CompiledIndex;
}

/** Reads what `compileDirectory` wrote, in the same way. */
export function parseDirectory(json: unknown): Directory {
  return parse(directorySchema, json) as Directory;
}

export const some = z.string().min(1);
const mode = z.enum(['observe', 'rotate', 'retire']);
const hours = z.number().min(0);

const expectSchema = z.strictObject({
  scopes: z.array(some).optional(),
  expiresAfterDays: z.number().positive().optional(),
});

export const tokenSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]{1,64}$/),
  secret: some,
  provider: some,
  scope: z.unknown().refine((scope) => scope !== undefined),
  authority: some.optional(),
  value: z.discriminatedUnion('format', [
    z.strictObject({ format: z.literal('text') }),
    z.strictObject({ format: z.literal('json'), fields: z.record(some, some) }),
  ]),
  mode,
  rotation: z.literal('external').optional(),
  exclusive: z.boolean(),
  overlapHours: hours,
  quietHours: hours,
  maxOverlapHours: hours.optional(),
  drillEveryDays: z.int().positive().optional(),
  expect: expectSchema,
  dependents: z.array(
    z.strictObject({
      name: some,
      kind: some,
      target: z.unknown().refine((target) => target !== undefined),
      authority: some.optional(),
      via: some.optional(),
      copies: z.union([z.enum(['stored', 'value']), z.strictObject({ part: some })]),
      onForeign: z.enum(['stop', 'adopt']),
      after: z.array(some).optional(),
      probe: z.union([z.strictObject({ route: some }), z.strictObject({ workflow: some, ref: some })]).optional(),
    }),
  ),
  checks: z.array(
    z.strictObject({ name: some, url: some, header: some, prefix: z.string(), expectStatus: z.array(z.int()).min(1) }),
  ),
}) satisfies z.ZodType<Token>;

export const freezesSchema = z.array(
  z.strictObject({ from: z.number(), until: z.number(), why: some, providers: z.array(some).optional() }),
);

const compiledSchema = z.strictObject({
  version: z.literal(1),
  provider: some,
  hosts: z.array(some),
  teams: z.record(some, some),
  freezes: freezesSchema,
  tokens: z.array(tokenSchema),
});

export const scheduleSchema = z.union([
  z.strictObject({ everyDays: z.int().positive(), windowHours: z.int().positive().optional() }),
  z.strictObject({ everyHours: z.int().positive(), windowHours: z.int().positive().optional() }),
  z.strictObject({ cron: some, windowHours: z.int().positive().optional() }),
]);

const feedVersion = z.int().positive().optional();

export const directorySchema = z.strictObject({
  version: z.literal(1),
  people: z.record(some, z.strictObject({ name: some, email: some, left: some.optional(), feedVersion })),
  teams: z.record(
    some,
    z.strictObject({
      name: some,
      email: some,
      members: z.array(some),
      slack: some.optional(),
      webhook: z.strictObject({ url: some, secret: some }).optional(),
      feedVersion,
    }),
  ),
  alerts: z.strictObject({
    escalateHours: z.strictObject({ now: hours, soon: hours }),
    warnDays: z.array(z.number().positive()),
    digestHour: z.int().min(0).max(23),
    timeZone: some,
    runbookUrl: some.optional(),
  }),
});

const indexSchema = directorySchema.extend({
  freezes: freezesSchema,
  tokens: z.array(
    z.strictObject({
      name: some,
      provider: some,
      secret: some,
      authority: some.optional(),
      mode,
      overlapHours: hours,
      schedule: scheduleSchema,
      expect: expectSchema,
      rotation: z.literal('external').optional(),
      isAssisted: z.boolean(),
      drillEveryDays: z.int().positive().optional(),
      description: some,
      owner: some,
      backup: some,
      team: some.optional(),
    }),
  ),
});

/** Throws `catalog`, naming the field and nothing of what stands there. */
export function parse<Schema extends z.ZodType>(schema: Schema, json: unknown): z.infer<Schema> {
  let value = json;
  if (typeof json === 'string') {
    try {
      value = JSON.parse(json);
    } catch {
      throw unfit('it is not JSON'); // the parser's own message quotes the text
    }
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw unfit(`it lacks or misspells \`${issue?.path.join('.') || '(all of it)'}\``);
}

function assertUnique(tokens: readonly { readonly name: string }[]): void {
  const names = new Set(tokens.map(({ name }) => name));
  if (names.size < tokens.length) throw unfit('it holds a token twice');
}

function unfit(how: string): RotationError {
  return new RotationError('catalog', `keyturn: the compiled catalog of this function cannot be used: ${how}`, {
    fix: 'Deploy again with one version of Keyturn: the catalog is compiled by the deployment.',
    definite: true,
  });
}
