import { existsSync, readFileSync } from 'node:fs';
import * as z from 'zod';
import { RotationError } from '../engine/errors.ts';
import type { KeyturnAppProps } from './keyturn-app.ts';

// The command line's way to say what props say: context of CDK, in cdk.json or by `-c keyturn:<name>=<value>`.

const text = z.string().min(1);
const list = z.union([z.array(text), text.transform((written) => written.split(',').map((each) => each.trim()))]);
const map = z.preprocess(unpacked, z.record(text, text));
/** `-c` knows only texts. */
const truth = z.union([z.boolean(), z.enum(['true', 'false']).transform((written) => written === 'true')]);
const count = z.union([z.int().positive(), z.string().regex(/^\d+$/).transform(Number)]);

const fields = {
  catalog: text,
  account: z.string().regex(/^\d{12}$/, 'must be the twelve digits of an account'),
  region: text,
  prefix: text,
  alarmsEmail: z.email('must be an e-mail address'),
  keyArn: text,
  otherKeyArns: list,
  otherAccounts: list,
  subnetIds: list,
  securityGroupIds: list,
  jobsAtOnce: count,
  logRetentionDays: count,
  permissionsBoundaryArn: text,
  calendarFeed: truth,
  tags: map,
  console: z.preprocess(
    unpacked,
    z
      .strictObject({
        admit: list,
        isPublic: truth,
        issuer: text,
        clientId: text,
        groupsClaim: text,
        adminGroup: text,
        operatorGroup: text,
        viewerGroup: text,
      })
      .partial(),
  ),
  /** Where an emulator of AWS listens on this machine. */
  localEndpoint: text,
  /** Stand-ins of providers for that, by the vendor's host. */
  localHosts: map,
  /** The folder with the functions' clock, for that. */
  localStateFolder: text,
} as const;

const settings = z.strictObject(fields).partial();
const environments = z.preprocess(unpacked, z.record(z.string().regex(/^[a-z][a-z0-9-]*$/), settings));

/** What stands between CDK's context and the props of an app. */
export type ContextSettings = z.infer<typeof settings>;

/**
 * Reads the settings that begin with `keyturn:`. `keyturn:environments` holds several sets by name, and `keyturn:environment` chooses one; what
 * it does not say is taken from those outside. Throws `catalog` with every setting that is wrong, by name and without its value.
 */
export function readContext(context: Readonly<Record<string, unknown>>): KeyturnAppProps {
  const prefix = 'keyturn:';
  const own = Object.fromEntries(
    Object.entries(context).flatMap(([name, value]) => (name.startsWith(prefix) ? [[name.slice(prefix.length), value]] : [])),
  );
  const { environment, environments: sets = {}, ...outside } = own;
  const all = check(environments, sets, 'keyturn:environments');
  const chosen = environment === undefined ? {} : all[String(environment)];
  if (chosen === undefined) {
    throw unfit(`there is no environment of the name that \`keyturn:environment\` gives`, Object.keys(all).join(', ') || 'none');
  }
  const {
    localEndpoint,
    localHosts,
    localStateFolder,
    catalog = 'catalog',
    ...given
  } = {
    ...check(settings, outside, 'keyturn:'),
    ...chosen,
  };
  return {
    catalog,
    ...(environment === undefined ? {} : { prefix: `keyturn-${String(environment)}` }),
    ...given,
    ...(localEndpoint === undefined
      ? {}
      : {
          localEndpoint: {
            url: localEndpoint,
            ...(localHosts === undefined ? {} : { hosts: localHosts }),
            ...(localStateFolder === undefined ? {} : { stateFolder: localStateFolder }),
          },
        }),
  };
}

/** The context of an app before there is one: cdk.json beside us, and above it what the command line hands over. */
export function contextOf(environment: NodeJS.ProcessEnv): Readonly<Record<string, unknown>> {
  const handed = environment['CDK_CONTEXT_JSON'];
  if (handed !== undefined) return JSON.parse(handed) as Record<string, unknown>;
  const path = 'cdk.json';
  return existsSync(path)
    ? ((JSON.parse(readFileSync(path, 'utf8')) as { context?: Record<string, unknown> }).context ?? {})
    : {};
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const wrong = result.error.issues.flatMap((issue) => {
    const at = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
    return at.map((path) => `\`${where}${where.endsWith(':') || path.length === 0 ? '' : '.'}${path.map(String).join('.')}\``);
  });
  throw unfit(`these settings are not known or not of their form: ${wrong.join(', ')}`, Object.keys(fields).join(', '));
}

function unfit(what: string, known: string): RotationError {
  return new RotationError('catalog', `keyturn: ${what}`, { fix: `There are: ${known}. See docs/deploying.md.` });
}

/** What the command line gives as JSON in a text; what is none is left for the schema to refuse. */
function unpacked(given: unknown): unknown {
  if (typeof given !== 'string') return given;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}
