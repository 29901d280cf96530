import {
  GetParameterCommand,
  GetParameterHistoryCommand,
  type ParameterHistory,
  PutParameterCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import * as z from 'zod';
import { createSender } from '../../lib/aws/sender.ts';
import type { Dependent, DependentContext } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  name: z
    .string()
    .regex(
      /^(?!\/?(?:aws|ssm))(?:\/[\w.-]+){1,15}$|^(?!aws|ssm)[\w.-]+$/i,
      'must be a name such as /prod/stripe/key, without aws or ssm at its beginning',
    )
    .describe('The name of the parameter, with its path.'),
  keyId: z
    .string()
    .min(1)
    .optional()
    .meta({ identifier: true })
    .describe('The KMS key, if the parameter has to be made; one that exists keeps its own.'),
  region: z.string().min(1).optional().describe('Its region, where it is another one.'),
});
type Target = z.infer<typeof target>;
type Context = DependentContext<Target, unknown>;

const send = createSender(facts.name, SSMClient, ({ name }: Target) => name);

export const awsSsmParameter: Dependent<Target, unknown> = {
  facts,
  target,
  authority: z.strictObject({}),

  async read(context) {
    const stored = await readStored(context);
    return {
      readClass: 'value',
      exists: stored !== undefined,
      matches: (candidate) => candidate.equals(stored?.value),
      ...(stored === undefined ? {} : { version: stored.version }),
    };
  },

  async apply(context, copy, seen) {
    const { name, keyId } = context.target;
    // Each write makes a version, and the oldest that has a label lets no more be made.
    if (seen.version !== undefined && seen.matches?.(copy.value)) return { version: seen.version };
    const settings =
      seen.version === undefined
        ? { Type: 'SecureString' as const, ...(keyId === undefined ? {} : { KeyId: keyId }) }
        : { ...(await settingsToKeep(context, Number(seen.version))), Overwrite: true };
    const { Version } = await send(context, 'PutParameter', (client) =>
      client.send(new PutParameterCommand({ Name: name, Value: copy.value.reveal(), ...settings })),
    );
    return { version: String(Version) };
  },

  async inEffect(context, copy) {
    const stored = await readStored(context);
    if (copy.value.equals(stored?.value)) return { state: 'in-effect', by: 'reading' };
    return { state: 'not-yet', detail: `${context.target.name} does not show it yet` };
  },
};

/** A history has 100 versions at most, in pages of at least one. */
const mostPages = 100;

/** What others than Secure Strings hold is shown to everybody who may list parameters, and a type cannot be changed. */
async function readStored(context: Context): Promise<{ readonly value: Secret; readonly version: string } | undefined> {
  const { name } = context.target;
  const answer = await send(context, 'GetParameter', (client) =>
    client.send(new GetParameterCommand({ Name: name, WithDecryption: true })),
  ).catch(absence);
  if (answer === undefined) return undefined;
  const { Type, Value, Version } = answer.Parameter ?? {};
  if (Type !== 'SecureString') throw unfit(`${name} is no SecureString, so nothing secret is written there`);
  if (Value === undefined || Version === undefined) throw unfit(`${name} was answered without a value`);
  return { value: new Secret(Value), version: String(Version) };
}

/** Everything that the version shows besides its value. A write that names none of it may fall back to the account's defaults. */
async function settingsToKeep(context: Context, version: number) {
  const { KeyId, Tier, Policies = [], AllowedPattern, DataType, Description } = await lastOfHistory(context, version);
  const policies = Policies.flatMap(({ PolicyText }) => (PolicyText === undefined ? [] : [PolicyText]));
  return {
    KeyId,
    Tier,
    AllowedPattern,
    DataType,
    Description,
    ...(policies.length === 0 ? {} : { Policies: `[${policies.join(',')}]` }),
  };
}

async function lastOfHistory(context: Context, version: number): Promise<ParameterHistory> {
  const { name } = context.target;
  let next: string | undefined;
  for (let page = 1; page <= mostPages; page += 1) {
    const { Parameters = [], NextToken } = await send(context, 'GetParameterHistory', (client) =>
      client.send(
        new GetParameterHistoryCommand({ Name: name, MaxResults: 50, ...(next === undefined ? {} : { NextToken: next }) }),
      ),
    );
    const found = Parameters.find(({ Version }) => Version === version);
    if (found !== undefined) return found;
    if (NextToken === undefined) break;
    next = NextToken;
  }
  throw new RotationError('conflict', `${facts.name}: the history of ${name} does not show its version ${version}`, {
    fix: 'Nothing to do: the next attempt reads it again, and nothing was written.',
    definite: true,
  });
}

function unfit(why: string): RotationError {
  return new RotationError('rejected', `${facts.name}: ${why}`, {
    fix: 'Delete the parameter, so that it is made anew, or name another one in the catalog.',
    definite: true,
  });
}
