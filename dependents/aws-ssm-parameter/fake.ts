import * as z from 'zod';
import { AwsError } from '../../lib/local/aws-error.ts';
import type { DependentFakeFactory, FakeWorld } from '../../lib/testing/fake.ts';
import { commandInput } from '../../lib/testing/in-process.ts';

interface Version {
  readonly Version: number;
  readonly Value: string;
  readonly Type: 'String' | 'StringList' | 'SecureString';
  readonly KeyId?: string;
  readonly Tier: 'Standard' | 'Advanced';
  readonly Policies?: readonly { readonly PolicyText: string; readonly PolicyType: string; readonly PolicyStatus: string }[];
  readonly AllowedPattern?: string;
  readonly DataType: string;
  readonly Description?: string;
  readonly Labels: readonly string[];
  readonly LastModifiedDate: number;
}

interface State {
  /** By name; the oldest version first. */
  readonly parameters: Readonly<Record<string, readonly Version[]>>;
}

const named = z.strictObject({ Name: z.string(), WithDecryption: z.boolean().optional() });
const history = z.strictObject({
  Name: z.string(),
  WithDecryption: z.boolean().optional(),
  MaxResults: z.int().min(1).max(50).optional(),
  NextToken: z.string().optional(),
});
const put = z.strictObject({
  Name: z.string(),
  Value: z.string().min(1),
  Type: z.enum(['String', 'StringList', 'SecureString']).optional(),
  Description: z.string().max(1024).optional(),
  KeyId: z.string().optional(),
  Overwrite: z.boolean().optional(),
  AllowedPattern: z.string().max(1024).optional(),
  Tier: z.enum(['Standard', 'Advanced', 'Intelligent-Tiering']).optional(),
  Policies: z.string().optional(),
  DataType: z.string().max(128).optional(),
});

const mostVersions = 100;

/** Parameters with their versions. What a write does not name falls back to a default: AWS does not say that it stays. */
export const fake = ((world: FakeWorld) => {
  const name = '/prod/web/token';
  const operations: Readonly<Record<string, (input: object) => object>> = {
    GetParameter: (input) => getParameter(input),
    GetParameterHistory: (input) => getParameterHistory(input),
    PutParameter: (input) => putParameter(input),
  };
  const neighbour: Version = {
    Version: 1,
    Value: 'canary-neighbour',
    Type: 'SecureString',
    KeyId: 'alias/aws/ssm',
    Tier: 'Standard',
    DataType: 'text',
    Labels: [],
    LastModifiedDate: world.now() / 1000,
  };

  const self = {
    target: { name },
    state: { parameters: { '/prod/web/other': [neighbour] } } as State,

    holds: () => last(name)?.Value,
    tamper(value: string) {
      const before = last(name);
      append(name, { ...(before ?? neighbour), Value: value, Labels: [] });
    },
    neighbours: () => self.state.parameters['/prod/web/other'],

    aws: {
      SSMClient(operation: string, input: object) {
        const answer = operations[operation]?.(input);
        if (answer === undefined) throw new AwsError('UnknownOperationException', 'There is no such operation.');
        return answer;
      },
    },
  };

  function last(parameter: string): Version | undefined {
    return self.state.parameters[parameter]?.at(-1);
  }

  function getParameter(input: object): object {
    const { Name, WithDecryption = false } = checked(named, input);
    const found = last(Name);
    if (found === undefined) throw new AwsError('ParameterNotFound', '');
    const { Type, Value, Version, LastModifiedDate, DataType } = found;
    const shown = Type === 'SecureString' && !WithDecryption ? cipher(found) : Value;
    return { Parameter: { Name, Type, Value: shown, Version, LastModifiedDate, DataType, ARN: arnOf(Name) } };
  }

  function getParameterHistory(input: object): object {
    const { Name, WithDecryption = false, MaxResults = 50, NextToken = '0' } = checked(history, input);
    const versions = self.state.parameters[Name];
    if (versions === undefined) throw new AwsError('ParameterNotFound', '');
    const start = Number(NextToken);
    const end = start + MaxResults;
    const Parameters = versions
      .slice(start, end)
      .map((each) => ({ ...each, Name, ...(each.Type === 'SecureString' && !WithDecryption ? { Value: cipher(each) } : {}) }));
    return { Parameters, ...(end < versions.length ? { NextToken: String(end) } : {}) };
  }

  function putParameter(input: object): object {
    const wanted = checked(put, input);
    const { Name, Value, Overwrite = false, Tier, Policies, KeyId, DataType = 'text', AllowedPattern, Description } = wanted;
    const before = last(Name);
    if (before !== undefined && !Overwrite) throw new AwsError('ParameterAlreadyExists', 'The parameter already exists.');
    const Type = wanted.Type ?? before?.Type;
    if (Type === undefined) throw new AwsError('ValidationException', 'A parameter type is required when you create one.');
    if (before !== undefined && before.Type !== Type) throw new AwsError('HierarchyTypeMismatchException', 'The type differs.');
    if (Type !== 'SecureString' && KeyId !== undefined)
      throw new AwsError('ValidationException', 'KeyId is only for SecureString.');
    const isAdvanced = Tier === 'Advanced' || before?.Tier === 'Advanced';
    if (Value.length > (isAdvanced ? 8192 : 4096) || /\{\{.*\}\}/.test(Value))
      throw new AwsError('ValidationException', 'The value is not one that a parameter takes.');
    if (AllowedPattern !== undefined && !new RegExp(AllowedPattern).test(Value))
      throw new AwsError('ParameterPatternMismatchException', 'The value does not match the pattern.');
    if (Policies !== undefined && !isAdvanced) throw new AwsError('ValidationException', 'Policies are for the advanced tier.');
    const { Version } = append(Name, {
      Value,
      Type,
      Tier: isAdvanced ? 'Advanced' : 'Standard',
      DataType,
      Labels: [],
      ...(Type === 'SecureString' ? { KeyId: KeyId ?? 'alias/aws/ssm' } : {}),
      ...(Policies === undefined ? {} : { Policies: policiesIn(Policies) }),
      ...(AllowedPattern === undefined ? {} : { AllowedPattern }),
      ...(Description === undefined ? {} : { Description }),
    });
    return { Version, Tier: isAdvanced ? 'Advanced' : 'Standard' };
  }

  function append(parameter: string, what: Omit<Version, 'Version' | 'LastModifiedDate'>): Version {
    const before = self.state.parameters[parameter] ?? [];
    const room = before.length >= mostVersions ? before.slice(1) : before;
    if (room !== before && before[0]?.Labels.length !== 0)
      throw new AwsError('ParameterMaxVersionLimitExceeded', 'The oldest version has a label.');
    const version = { ...what, Version: (before.at(-1)?.Version ?? 0) + 1, LastModifiedDate: world.now() / 1000 };
    self.state = { parameters: { ...self.state.parameters, [parameter]: [...room, version] } };
    return version;
  }

  return self;
}) satisfies DependentFakeFactory;

function checked<Input>(shape: z.ZodType<Input>, input: object): Input {
  return commandInput(shape, input, 'ValidationException');
}

function policiesIn(text: string): Version['Policies'] {
  const policies = z.array(z.looseObject({ Type: z.string(), Version: z.literal('1.0') })).parse(JSON.parse(text));
  return policies.map((each) => ({ PolicyText: JSON.stringify(each), PolicyType: each.Type, PolicyStatus: 'Pending' }));
}

function cipher({ Version }: Version): string {
  return Buffer.from(`sealed version ${Version}`).toString('base64');
}

function arnOf(name: string): string {
  return `arn:aws:ssm:us-east-1:000000000000:parameter/${name.replace(/^\//, '')}`;
}
