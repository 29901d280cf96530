import * as z from 'zod';
import { AwsError } from '../../lib/local/aws-error.ts';
import type { DependentFakeFactory, FakeWorld } from '../../lib/testing/fake.ts';
import { commandInput } from '../../lib/testing/in-process.ts';

const credential = z
  .string()
  .max(512)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what AWS refuses.
  .regex(/^[^\x00-\x1f:\x7f]+$/);
const parameter = z.strictObject({ Key: z.string(), Value: z.string(), IsValueSecret: z.boolean().optional() });
const common = {
  InvocationHttpParameters: z
    .strictObject({
      HeaderParameters: z.array(parameter).optional(),
      QueryStringParameters: z.array(parameter).optional(),
      BodyParameters: z.array(parameter).optional(),
    })
    .optional(),
};
const apiKey = z.strictObject({ ApiKeyName: z.string().min(1), ApiKeyValue: credential });
const basic = z.strictObject({ Username: z.string().min(1), Password: credential });
const named = { Name: z.literal('billing') };
const kept = { ...named, Description: z.string().optional(), KmsKeyIdentifier: z.string().optional() };
const inputs = {
  DescribeConnection: z.strictObject(named),
  UpdateConnection: z.discriminatedUnion('AuthorizationType', [
    z.strictObject({
      ...kept,
      AuthorizationType: z.literal('API_KEY'),
      AuthParameters: z.strictObject({ ...common, ApiKeyAuthParameters: apiKey }),
    }),
    z.strictObject({
      ...kept,
      AuthorizationType: z.literal('BASIC'),
      AuthParameters: z.strictObject({ ...common, BasicAuthParameters: basic }),
    }),
  ]),
};

type Update = z.infer<typeof inputs.UpdateConnection>;
type Held = Pick<Update, 'Description' | 'KmsKeyIdentifier' | 'AuthorizationType' | 'AuthParameters'>;

interface State {
  /** With the credential, which nobody is shown. */
  readonly connection: Held;
  readonly isDeauthorized: boolean;
  readonly modifiedAt: number;
  readonly authorizedAt: number;
  /** What the calls go out with until the new one is authorized. */
  readonly before: string | undefined;
  /** How the next updates end. */
  readonly outcome: 'AUTHORIZED' | 'DEAUTHORIZED';
}

const authorizeMilliseconds = 3000;

/** One connection, which is authorized some seconds after each update, and forgets whatever an update does not say again. */
export const fake = ((world: FakeWorld) => {
  const extra = { HeaderParameters: [{ Key: 'X-Env', Value: 'prod', IsValueSecret: false }] };
  const first: Held = {
    Description: 'Tells billing of orders',
    AuthorizationType: 'API_KEY',
    AuthParameters: {
      ApiKeyAuthParameters: { ApiKeyName: 'Authorization', ApiKeyValue: 'canary-eventbridge-none' },
      InvocationHttpParameters: extra,
    },
  };

  const self = {
    target: { connection: 'billing', prefix: 'Bearer ' },
    state: {
      connection: first,
      isDeauthorized: true,
      modifiedAt: world.now(),
      authorizedAt: world.now(),
      before: undefined,
      outcome: 'AUTHORIZED',
    } as State,

    holds: () => (isSettled() ? written() : self.state.before),
    written,
    tamper(value: string) {
      write({ ...self.state.connection, ...withCredential(`${self.target.prefix}${value}`) }, world.now());
    },
    neighbours: () => [self.state.connection.Description, shownParameters(self.state.connection)],

    aws: {
      EventBridgeClient(operation: string, input: object) {
        if ((input as { Name?: unknown }).Name !== 'billing')
          throw new AwsError('ResourceNotFoundException', 'There is no such connection.');
        if (operation === 'DescribeConnection') return shown(checked(inputs.DescribeConnection, input));
        if (operation === 'UpdateConnection') return update(checked(inputs.UpdateConnection, input));
        throw new AwsError('UnknownOperationException', 'There is no such operation.', 404);
      },
    },
  };

  function isSettled(): boolean {
    return self.state.authorizedAt <= world.now();
  }

  function stateNow(): string {
    if (!isSettled()) return 'AUTHORIZING';
    return self.state.isDeauthorized ? 'DEAUTHORIZED' : self.state.outcome;
  }

  function written(): string | undefined {
    const { connection, isDeauthorized } = self.state;
    return isDeauthorized ? undefined : credentialIn(connection).replace(/^Bearer /, '');
  }

  function withCredential(value: string): Pick<Held, 'AuthParameters'> {
    const { AuthParameters: held } = self.state.connection;
    if ('BasicAuthParameters' in held)
      return { AuthParameters: { ...held, BasicAuthParameters: { ...held.BasicAuthParameters, Password: value } } };
    return { AuthParameters: { ...held, ApiKeyAuthParameters: { ...held.ApiKeyAuthParameters, ApiKeyValue: value } } };
  }

  function write(connection: Held, authorizedAt: number): void {
    const before = self.holds();
    const modifiedAt = Math.max(world.now(), self.state.modifiedAt + 1);
    self.state = { ...self.state, connection, isDeauthorized: false, modifiedAt, authorizedAt, before };
  }

  function update({ Name: _name, ...connection }: Update): object {
    if (!isSettled()) throw new AwsError('ConcurrentModificationException', 'The connection is being changed.');
    write(connection, world.now() + authorizeMilliseconds);
    return { ConnectionArn: arn, ConnectionState: stateNow(), ...times() };
  }

  function shown({ Name }: z.infer<typeof inputs.DescribeConnection>): object {
    const { Description, KmsKeyIdentifier, AuthorizationType } = self.state.connection;
    return {
      ...{ ConnectionArn: arn, Name, Description, KmsKeyIdentifier, AuthorizationType, ConnectionState: stateNow() },
      ...{ SecretArn: secretArn, AuthParameters: shownParameters(self.state.connection), ...times() },
    };
  }

  function times() {
    return { CreationTime: 1_700_000_000, LastModifiedTime: self.state.modifiedAt / 1000 };
  }

  return self;
}) satisfies DependentFakeFactory;

const id = '7f3c1f52-3c5e-4a54-9d0e-2c7c5d1e8a40';
const arn = `arn:aws:events:us-east-1:000000000000:connection/billing/${id}`;
const secretArn = `arn:aws:secretsmanager:us-east-1:000000000000:secret:events!connection/billing/${id}`;

function credentialIn({ AuthParameters: held }: Held): string {
  return 'BasicAuthParameters' in held ? held.BasicAuthParameters.Password : held.ApiKeyAuthParameters.ApiKeyValue;
}

/** Without the credential, and without the values of secret parameters. */
function shownParameters({ AuthParameters: held }: Held) {
  const all = held.InvocationHttpParameters ?? {};
  const InvocationHttpParameters = Object.fromEntries(
    Object.entries(all).map(([name, list]) => [
      name,
      list?.map(({ Key, Value, IsValueSecret = false }) => ({ Key, IsValueSecret, ...(IsValueSecret ? {} : { Value }) })),
    ]),
  );
  if ('BasicAuthParameters' in held)
    return { BasicAuthParameters: { Username: held.BasicAuthParameters.Username }, InvocationHttpParameters };
  return { ApiKeyAuthParameters: { ApiKeyName: held.ApiKeyAuthParameters.ApiKeyName }, InvocationHttpParameters };
}

function checked<Input>(shape: z.ZodType<Input>, input: object): Input {
  return commandInput(shape, input, 'ValidationException');
}
