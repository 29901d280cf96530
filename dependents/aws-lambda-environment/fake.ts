import * as z from 'zod';
import { AwsError } from '../../lib/local/aws-error.ts';
import type { DependentFakeFactory, FakeWorld } from '../../lib/testing/fake.ts';
import { commandInput } from '../../lib/testing/in-process.ts';

interface Configuration {
  readonly variables: Readonly<Record<string, string>>;
  readonly code: string;
  readonly memory: number;
  /** Rises with every change. */
  readonly revision: number;
  /** When an update is through, or a version may be called. */
  readonly readyAt: number;
}

interface State {
  readonly latest: Configuration;
  /** From 1; never changed. */
  readonly versions: readonly Configuration[];
  readonly alias: { readonly version: number; readonly revision: number; readonly weights: Readonly<Record<string, number>> };
  /** Whether the caller may use the key of the variables. */
  readonly mayDecrypt: boolean;
}

const FunctionName = z.literal('api');
const Name = z.literal('live');
const inputs = {
  GetFunctionConfiguration: z.strictObject({ FunctionName, Qualifier: z.string().optional() }),
  UpdateFunctionConfiguration: z.strictObject({
    FunctionName,
    Environment: z.strictObject({ Variables: z.record(z.string().regex(/^[a-zA-Z]\w+$/), z.string()) }),
    RevisionId: z.string().optional(),
  }),
  PublishVersion: z.strictObject({ FunctionName, CodeSha256: z.string().optional(), RevisionId: z.string().optional() }),
  GetAlias: z.strictObject({ FunctionName, Name }),
  UpdateAlias: z.strictObject({
    FunctionName,
    Name,
    FunctionVersion: z.string().regex(/^\d+$/),
    RevisionId: z.string().optional(),
  }),
};

const updateMilliseconds = 4000;
const publishMilliseconds = 3000;

/** One function behind an alias: updates and new versions take seconds, in which everything else is refused, and each changes the revision twice. */
export const fake = ((world: FakeWorld) => {
  const variable = 'API_TOKEN';
  const arn = 'arn:aws:lambda:us-east-1:000000000000:function:api';
  const first: Configuration = {
    variables: { LOG_LEVEL: 'info', OTHER: 'canary-neighbour' },
    code: 'released',
    memory: 256,
    revision: 1,
    readyAt: world.now(),
  };
  const operations: Readonly<Record<string, (input: object) => object>> = {
    GetFunctionConfiguration: (input) => getConfiguration(checked(inputs.GetFunctionConfiguration, input)),
    UpdateFunctionConfiguration: (input) => updateConfiguration(checked(inputs.UpdateFunctionConfiguration, input)),
    PublishVersion: (input) => publishVersion(checked(inputs.PublishVersion, input)),
    GetAlias: (input) => shownAlias(checked(inputs.GetAlias, input)),
    UpdateAlias: (input) => updateAlias(checked(inputs.UpdateAlias, input)),
  };

  const self = {
    target: { function: 'api', variable, alias: 'live' },
    state: {
      latest: first,
      versions: [first],
      alias: { version: 1, revision: 1, weights: {} },
      mayDecrypt: true,
    } as State,

    holds: () => self.state.versions[self.state.alias.version - 1]?.variables[variable],
    written: () => self.state.latest.variables[variable],
    tamper(value: string) {
      change({ variables: { ...self.state.latest.variables, [variable]: value } }, world.now());
      publish(world.now());
      self.state = { ...self.state, alias: { ...self.state.alias, version: self.state.versions.length } };
    },
    neighbours: () => {
      const { latest, versions, alias } = self.state;
      return [latest, versions[alias.version - 1]].map((each) => ({ ...each, ...others(each), revision: 0, readyAt: 0 }));
    },

    aws: {
      LambdaClient(operation: string, input: object) {
        const answer = operations[operation]?.(input);
        if (answer === undefined) throw new AwsError('UnknownOperationException', 'There is no such operation.', 404);
        return answer;
      },
    },
  };

  function others(of: Configuration | undefined) {
    const { [variable]: _ours, ...variables } = of?.variables ?? {};
    return { variables };
  }

  function isReady({ readyAt }: Configuration): boolean {
    return readyAt <= world.now();
  }

  function revisionOf(configuration: Configuration): string {
    return `revision-${configuration.revision}-${isReady(configuration) ? 'through' : 'under-way'}`;
  }

  function change(what: Partial<Configuration>, readyAt: number): void {
    const { latest } = self.state;
    self.state = { ...self.state, latest: { ...latest, ...what, revision: latest.revision + 1, readyAt } };
  }

  function publish(readyAt: number): void {
    self.state = { ...self.state, versions: [...self.state.versions, { ...self.state.latest, readyAt }] };
  }

  function assertFree(wanted: string | undefined): void {
    const { latest } = self.state;
    if (!isReady(latest)) throw new AwsError('ResourceConflictException', 'The operation cannot be performed at this time.', 409);
    if (wanted !== undefined && wanted !== revisionOf(latest))
      throw new AwsError('PreconditionFailedException', 'The RevisionId provided is not the latest.', 412);
  }

  function getConfiguration({ Qualifier = '$LATEST' }: z.infer<typeof inputs.GetFunctionConfiguration>): object {
    const { latest, versions, alias } = self.state;
    const version = Qualifier === 'live' ? String(alias.version) : Qualifier;
    const found = version === '$LATEST' ? latest : versions[Number(version) - 1];
    if (found === undefined) throw new AwsError('ResourceNotFoundException', 'There is no such version.', 404);
    return shown(found, version);
  }

  function updateConfiguration(input: z.infer<typeof inputs.UpdateFunctionConfiguration>): object {
    assertFree(input.RevisionId);
    const { Variables } = input.Environment;
    if (JSON.stringify(Variables).length > 4096)
      throw new AwsError('InvalidParameterValueException', 'The variables are longer than 4 KB.');
    change({ variables: Variables }, world.now() + updateMilliseconds);
    return shown(self.state.latest, '$LATEST');
  }

  function publishVersion({ CodeSha256, RevisionId }: z.infer<typeof inputs.PublishVersion>): object {
    assertFree(RevisionId);
    const { latest, versions } = self.state;
    if (CodeSha256 !== undefined && CodeSha256 !== shaOf(latest))
      throw new AwsError('InvalidParameterValueException', 'The code is another.');
    const last = versions.at(-1);
    if (last?.revision !== latest.revision) publish(world.now() + publishMilliseconds);
    const version = self.state.versions.length;
    return shown(self.state.versions[version - 1] ?? latest, String(version));
  }

  function shownAlias(_input: object): object {
    const { version, revision, weights } = self.state.alias;
    const routing = Object.keys(weights).length === 0 ? {} : { RoutingConfig: { AdditionalVersionWeights: weights } };
    const RevisionId = `alias-${revision}`;
    return { AliasArn: `${arn}:live`, Name: 'live', FunctionVersion: String(version), Description: '', RevisionId, ...routing };
  }

  function updateAlias({ FunctionVersion, RevisionId }: z.infer<typeof inputs.UpdateAlias>): object {
    const { alias, versions } = self.state;
    if (RevisionId !== undefined && RevisionId !== `alias-${alias.revision}`)
      throw new AwsError('PreconditionFailedException', 'The RevisionId provided is not the latest.', 412);
    const version = Number(FunctionVersion);
    if (versions[version - 1] === undefined) throw new AwsError('ResourceNotFoundException', 'There is no such version.', 404);
    self.state = { ...self.state, alias: { ...alias, version, revision: alias.revision + 1 } };
    return shownAlias({});
  }

  function shown(configuration: Configuration, version: string): object {
    const isVersion = version !== '$LATEST';
    const variables = self.state.mayDecrypt
      ? { Variables: configuration.variables }
      : { Error: { ErrorCode: 'AccessDeniedException', Message: 'Lambda was unable to decrypt the environment variables.' } };
    return {
      ...{
        FunctionName: 'api',
        FunctionArn: `${arn}:${version}`,
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Version: version,
      },
      ...{ Role: 'arn:aws:iam::000000000000:role/api', CodeSize: 1000, Timeout: 30, MemorySize: configuration.memory },
      ...{ CodeSha256: shaOf(configuration), PackageType: 'Zip', Architectures: ['arm64'], Environment: variables },
      State: isVersion && !isReady(configuration) ? 'Pending' : 'Active',
      LastUpdateStatus: isVersion || isReady(configuration) ? 'Successful' : 'InProgress',
      RevisionId: revisionOf(configuration),
    };
  }

  return self;
}) satisfies DependentFakeFactory;

function shaOf({ code }: Configuration): string {
  return Buffer.from(code.padEnd(32, '.')).toString('base64');
}

function checked<Input>(shape: z.ZodType<Input>, input: object): Input {
  return commandInput(shape, input, 'InvalidParameterValueException');
}
