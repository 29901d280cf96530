import {
  type FunctionConfiguration,
  GetAliasCommand,
  GetFunctionConfigurationCommand,
  LambdaClient,
  PublishVersionCommand,
  UpdateAliasCommand,
  UpdateFunctionConfigurationCommand,
} from '@aws-sdk/client-lambda';
import * as z from 'zod';
import { createSender } from '../../lib/aws/sender.ts';
import type { Dependent, DependentContext } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  function: z
    .string()
    .regex(/^[\w-]{1,64}$/, 'must be the name of a function, and no ARN')
    .describe('The name of the function.'),
  variable: z
    .string()
    .regex(/^[A-Za-z]\w+$/, 'must be letters, digits and underscores, and begin with a letter')
    .describe('The name of the variable.'),
  alias: z
    .string()
    .regex(/^(?!\d+$)[\w-]{1,128}$/, 'must be the name of an alias, and no number')
    .optional()
    .describe('The alias that its users call: it is moved to a version with the new value. Without it they call $LATEST.'),
  region: z.string().min(1).optional().describe('Its region, where it is another one.'),
});
type Target = z.infer<typeof target>;
type Context = DependentContext<Target, unknown>;

const send = createSender(facts.name, LambdaClient, (place: Target) => place.function);

export const awsLambdaEnvironment: Dependent<Target, unknown> = {
  facts,
  target,
  authority: z.strictObject({}),

  async read(context) {
    const latest = await readConfiguration(context);
    if (context.target.alias !== undefined) assertReleased(context, latest, (await readReleased(context)).configuration);
    const value = shownValue(context, latest);
    return {
      readClass: 'value',
      exists: value !== undefined,
      matches: (candidate) => candidate.equals(value),
      ...(latest.RevisionId === undefined ? {} : { lock: latest.RevisionId }),
    };
  },

  async apply(context, { value }, seen) {
    const { function: FunctionName, variable } = context.target;
    if (seen.matches?.(value)) return {}; // an equal map would be an update too, and end running environments for nothing
    const latest = await readConfiguration(context);
    if (latest.RevisionId === undefined || latest.RevisionId !== seen.lock) throw changed(context);
    // The map is replaced as a whole, so all the others go back as they came, and only over the revision that they were read from.
    const Variables = { ...variablesOf(latest), [variable]: value.reveal() };
    await send(context, 'UpdateFunctionConfiguration', (client) =>
      client.send(new UpdateFunctionConfigurationCommand({ FunctionName, Environment: { Variables }, RevisionId: seen.lock })),
    );
    return {};
  },

  async activate(context, copy) {
    const { function: FunctionName, alias: Name } = context.target;
    if (Name === undefined) return {};
    const latest = await readConfiguration(context);
    if (latest.LastUpdateStatus === 'InProgress') throw notYet(`${FunctionName} is being updated`);
    if (!copy.value.equals(shownValue(context, latest))) throw changed(context);
    const { configuration, version, revisionId } = await readReleased(context);
    if (copy.value.equals(shownValue(context, configuration))) return { activation: version };
    assertReleased(context, latest, configuration);
    // Where nothing has changed since the last version, this answers that one: a second call makes no second version.
    const published = await send(context, 'PublishVersion', (client) =>
      client.send(
        new PublishVersionCommand({ FunctionName, CodeSha256: configuration.CodeSha256, RevisionId: latest.RevisionId }),
      ),
    );
    // Whoever calls a version that is still pending is refused.
    if (published.State !== 'Active') throw notYet(`version ${published.Version} of ${FunctionName} is ${published.State}`);
    await send(context, 'UpdateAlias', (client) =>
      client.send(new UpdateAliasCommand({ FunctionName, Name, FunctionVersion: published.Version, RevisionId: revisionId })),
    );
    return { activation: String(published.Version) };
  },

  async inEffect(context, copy) {
    const latest = await readConfiguration(context);
    const { LastUpdateStatus: status, LastUpdateStatusReasonCode: reason } = latest;
    if (!copy.value.equals(shownValue(context, latest))) return { state: 'not-yet', detail: 'the function has another value' };
    if (status === 'Failed') return { state: 'failed', detail: `the update failed (${reason ?? 'without a reason'})` };
    if (status === 'InProgress') return { state: 'not-yet', detail: 'the function is being updated' };
    if (context.target.alias === undefined) return { state: 'in-effect', by: 'reading' };
    const { configuration, version } = await readReleased(context);
    if (copy.value.equals(shownValue(context, configuration))) return { state: 'in-effect', by: 'reading' };
    return { state: 'not-yet', detail: `the alias leads to version ${version}, which has another value` };
  },
};

/** Of a version, or of $LATEST. Who may not decrypt the variables is shown none, and would write back none. */
async function readConfiguration(context: Context, Qualifier?: string): Promise<FunctionConfiguration> {
  const { function: FunctionName } = context.target;
  const found = await send(context, 'GetFunctionConfiguration', (client) =>
    client.send(new GetFunctionConfigurationCommand({ FunctionName, ...(Qualifier === undefined ? {} : { Qualifier }) })),
  );
  if (found.Environment?.Error === undefined) return found;
  throw new RotationError('refused', `${facts.name}: the variables of ${FunctionName} cannot be decrypted`, {
    fix: "Let the policy of the function's key admit the role, as the docs page of this plug-in says.",
    definite: true,
  });
}

/** What the users of the alias get. */
async function readReleased(context: Context) {
  const { function: FunctionName, alias: Name } = context.target;
  const found = await send(context, 'GetAlias', (client) => client.send(new GetAliasCommand({ FunctionName, Name })));
  const weights = Object.keys(found.RoutingConfig?.AdditionalVersionWeights ?? {});
  if (weights.length > 0) throw notYet(`a deployment of ${FunctionName} is under way: ${Name} leads to two versions`);
  const configuration = await readConfiguration(context, found.FunctionVersion);
  return { configuration, version: String(found.FunctionVersion), revisionId: found.RevisionId };
}

/** A published version holds everything that $LATEST is, so that must be what is released already, but for our variable. */
function assertReleased(context: Context, latest: FunctionConfiguration, released: FunctionConfiguration): void {
  const { function: name, variable, alias } = context.target;
  const [now, then] = [latest, released].map((each) => shippedWith(each, variable));
  const names = Object.keys(now ?? {}).filter((field) => now?.[field] !== then?.[field]);
  if (names.length === 0) return;
  throw new RotationError(
    'rejected',
    `${facts.name}: $LATEST of ${name} has what ${alias} does not (${names.join(', ')}), and a new version would release it`,
    { fix: `Publish a version of ${name} and point ${alias} to it, or bring $LATEST back to what is released.`, definite: true },
  );
}

function shippedWith(configuration: FunctionConfiguration, variable: string): Readonly<Record<string, string>> {
  const { CodeSha256, Runtime, Handler, Role, Timeout, MemorySize, Layers = [] } = configuration;
  const { [variable]: _ours, ...others } = variablesOf(configuration);
  const layers = Layers.map(({ Arn }) => Arn);
  const shipped = { CodeSha256, Runtime, Handler, Role, Timeout, MemorySize, layers, variables: Object.entries(others).sort() };
  return Object.fromEntries(Object.entries(shipped).map(([name, value]) => [name, JSON.stringify(value) ?? '']));
}

function variablesOf({ Environment }: FunctionConfiguration): Readonly<Record<string, string>> {
  return Environment?.Variables ?? {};
}

function shownValue({ target }: Context, configuration: FunctionConfiguration): Secret | undefined {
  const value = variablesOf(configuration)[target.variable];
  return value === undefined ? undefined : new Secret(value);
}

function changed({ target }: Context): RotationError {
  return new RotationError('conflict', `${facts.name}: ${target.function} was changed by somebody else at the same moment`, {
    fix: 'Nothing to do: the next attempt looks at what is there.',
    definite: true,
  });
}

function notYet(why: string): RotationError {
  return new RotationError('not-yet', `${facts.name}: ${why}`, { fix: 'Nothing to do: it is asked again.', definite: true });
}
