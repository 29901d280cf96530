import {
  DescribeConnectionCommand,
  type DescribeConnectionResponse,
  EventBridgeClient,
  UpdateConnectionCommand,
  type UpdateConnectionRequest,
} from '@aws-sdk/client-eventbridge';
import * as z from 'zod';
import { createSender } from '../../lib/aws/sender.ts';
import type { Dependent, DependentContext, Effect } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  connection: z
    .string()
    .regex(/^[.\w-]{1,64}$/, 'must be the name of a connection, and no ARN')
    .describe('The name of the connection.'),
  prefix: z
    .string()
    .max(64)
    .default('')
    .describe('What stands before the token in its API key, such as `Bearer ` with the space.'),
  region: z.string().min(1).optional().describe('Its region, where it is another one.'),
});
type Target = z.infer<typeof target>;
type Context = DependentContext<Target, unknown>;

const send = createSender(facts.name, EventBridgeClient, (place: Target) => place.connection);

export const eventbridgeConnection: Dependent<Target, unknown> = {
  facts,
  target,
  authority: z.strictObject({}),

  async read(context) {
    const found = await describe(context);
    authorizationOf(found, '');
    // What is deauthorized has no credential any more.
    return { readClass: 'metadata', exists: found.ConnectionState !== 'DEAUTHORIZED', ...versionOf(found) };
  },

  async apply(context, { value }) {
    const { connection, prefix } = context.target;
    const found = await describe(context);
    const input = { Name: connection, ...keptOf(found), ...authorizationOf(found, `${prefix}${value.reveal()}`) };
    const updated = await send(context, 'UpdateConnection', (client) => client.send(new UpdateConnectionCommand(input)));
    return versionOf(updated);
  },

  async inEffect(context, _copy, evidence) {
    const found = await describe(context);
    const { version } = versionOf(found);
    if (version === undefined || evidence?.version !== version)
      return { state: 'not-yet', detail: 'the connection was not changed last by us' };
    return effects[found.ConnectionState ?? ''] ?? { state: 'not-yet', detail: `the connection is ${found.ConnectionState}` };
  },
};

const effects: Readonly<Record<string, Effect>> = {
  AUTHORIZED: { state: 'in-effect', by: 'receipt' },
  ACTIVE: { state: 'in-effect', by: 'receipt' },
  DEAUTHORIZED: { state: 'failed', detail: 'the connection is DEAUTHORIZED' },
  FAILED_CONNECTIVITY: { state: 'failed', detail: 'the connection is FAILED_CONNECTIVITY' },
};

function describe(context: Context): Promise<DescribeConnectionResponse> {
  const Name = context.target.connection;
  return send(context, 'DescribeConnection', (client) => client.send(new DescribeConnectionCommand({ Name })));
}

function versionOf({ LastModifiedTime: time }: Pick<DescribeConnectionResponse, 'LastModifiedTime'>) {
  return time === undefined ? {} : { version: time.toISOString() };
}

/** An update says everything again; what it would leave out might be lost. */
function keptOf(found: DescribeConnectionResponse): Partial<UpdateConnectionRequest> {
  const { Description, KmsKeyIdentifier, InvocationConnectivityParameters: connectivity } = found;
  const arn = connectivity?.ResourceParameters?.ResourceConfigurationArn;
  return {
    ...(Description === undefined ? {} : { Description }),
    ...(KmsKeyIdentifier === undefined ? {} : { KmsKeyIdentifier }),
    ...(arn === undefined ? {} : { InvocationConnectivityParameters: { ResourceParameters: { ResourceConfigurationArn: arn } } }),
  };
}

/** The credential with the names that stand there; what cannot be said again to the letter is refused. */
function authorizationOf(found: DescribeConnectionResponse, credential: string): Partial<UpdateConnectionRequest> {
  const { AuthorizationType, AuthParameters = {}, Name } = found;
  const { ApiKeyAuthParameters: apiKey, BasicAuthParameters: basic, InvocationHttpParameters: extra } = AuthParameters;
  const all = [extra?.HeaderParameters, extra?.QueryStringParameters, extra?.BodyParameters].flatMap((each) => each ?? []);
  if (all.some(({ IsValueSecret: isSecret }) => isSecret === true))
    throw unfit(`the connection ${Name} has secret parameters, which are not shown and could not be written back`);
  const others = extra === undefined ? {} : { InvocationHttpParameters: extra };
  if (AuthorizationType === 'API_KEY') {
    const ApiKeyAuthParameters = { ApiKeyName: apiKey?.ApiKeyName, ApiKeyValue: credential };
    return { AuthorizationType, AuthParameters: { ApiKeyAuthParameters, ...others } };
  }
  if (AuthorizationType === 'BASIC') {
    const BasicAuthParameters = { Username: basic?.Username, Password: credential };
    return { AuthorizationType, AuthParameters: { BasicAuthParameters, ...others } };
  }
  throw unfit(`the connection ${Name} authorizes itself by ${AuthorizationType}, and not by an API key or a password`);
}

function unfit(why: string): RotationError {
  return new RotationError('rejected', `${facts.name}: ${why}`, {
    fix: 'Make a connection with an API key or a password and without secret parameters, or update this one by hand.',
    definite: true,
  });
}
