import * as z from 'zod';
import type { Dependent, DependentContext, Effect, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  app: z
    .string()
    .regex(/^[a-z][a-z0-9-]{1,28}[a-z0-9]$/, 'must be lower case letters, digits and hyphens')
    .describe('The name of the app.'),
  variable: z
    .string()
    .regex(
      /^(?!__|HEROKU_)[A-Za-z_]\w*$/,
      'must be letters, digits and underscores, and begin neither with two of them nor with HEROKU_',
    )
    .describe('The name of the config var.'),
});
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const variables = z.record(z.string(), z.string());
const releases = z.array(z.object({ version: z.int(), status: z.enum(['pending', 'succeeded', 'failed', 'expired']) }));
const dynos = z.array(
  z.object({ name: z.string(), type: z.string(), state: z.string(), release: z.object({ version: z.int() }) }),
);

export const herokuConfigVar: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    const value = await readValue(context);
    return { readClass: 'value', exists: value !== undefined, matches: (candidate) => candidate.equals(value) };
  },

  async apply(context, { value }, seen) {
    if (seen.matches?.(value)) return {}; // an equal one may be a release too, and a restart for nothing
    // The others are not sent, and stay.
    await call(context, 'PATCH', 'config-vars', { json: { [context.target.variable]: value }, idempotent: true });
    return {};
  },

  async inEffect(context, copy) {
    if (!copy.value.equals(await readValue(context)))
      return { state: 'not-yet', detail: `${context.target.variable} holds another value` };
    // The list is that of the newest release, so whoever runs with that one has it.
    const headers = { range: 'version ..; order=desc,max=1' };
    const [newest] = (await call(context, 'GET', 'releases', { headers })).json(releases);
    if (newest === undefined) return { state: 'not-yet', detail: 'there is no release' };
    return newest.status === 'succeeded' ? startedWith(context, newest.version) : { ...unreleased[newest.status] };
  },
};

const unreleased = {
  pending: { state: 'not-yet', detail: 'the release is under way' },
  failed: { state: 'failed', detail: 'the release failed' },
  expired: { state: 'failed', detail: 'the release has expired' },
} as const;

/** A one-off dyno is called `run`, and is waited for as what drains. */
async function startedWith(context: Context, version: number): Promise<Effect> {
  const all = (await call(context, 'GET', 'dynos')).json(dynos);
  const late = all.find(
    ({ type, state, release }) => type !== 'run' && (release.version < version || !['up', 'idle'].includes(state)),
  );
  if (late === undefined) return { state: 'in-effect', by: 'reading' };
  return { state: 'not-yet', detail: `the dyno ${late.name} is ${late.state}` };
}

/** The list holds secrets of others too: nothing of it is kept but the one. */
async function readValue(context: Context): Promise<Secret | undefined> {
  const value = (await call(context, 'GET', 'config-vars')).json(variables)[context.target.variable];
  return value === undefined ? undefined : new Secret(value);
}

function call({ http, target, authority }: Context, method: Method, what: string, request: HttpRequest = {}) {
  const headers = { accept: 'application/vnd.heroku+json; version=3', ...request.headers };
  return http(method, `/apps/${target.app}/${what}`, { ...request, headers, bearer: authority.token });
}
