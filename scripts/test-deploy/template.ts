import { isDeepStrictEqual } from 'node:util';
import { servedTypes } from './served-types.ts';

// A template as the emulator can take it. Pure: what becomes of it is in the answer, to be shown.

export interface Resource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly DependsOn?: string | readonly string[];
  readonly [other: string]: unknown;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly [other: string]: unknown;
}

export interface Fitted {
  readonly template: Template;
  /** Resources that our own function makes instead of the emulator, by type. */
  readonly served: Readonly<Record<string, number>>;
  /** Resources that are left out, because the emulator does not know them, by type. */
  readonly stripped: Readonly<Record<string, number>>;
}

const helper = 'KeyturnServedTypes';

/** Known types with a property that ministack 1.5.33 refuses when it is deployed. There is no way to ask it beforehand. */
const refused: readonly { readonly type: string; readonly property: string; readonly why: string }[] = [
  { type: 'AWS::CloudWatch::Alarm', property: 'Metrics', why: 'with metric math' },
];

/**
 * Lets our own function make the resources of Secrets Manager, for the emulator's Secrets Manager is not the faithful one; and leaves out what
 * the emulator does not know. Throws where something would be lost that another resource or an output needs: only leaves may go.
 */
export function fitTemplate(template: Template, unknownTypes: ReadonlySet<string>, servedTypesUrl: string): Fitted {
  const served: Record<string, number> = {};
  const stripped: Record<string, number> = {};
  const gone = new Set<string>();
  const resources: Record<string, Resource> = {};
  for (const [id, resource] of Object.entries(template.Resources)) {
    const { Type } = resource;
    if (Object.hasOwn(servedTypes, Type)) {
      served[Type] = (served[Type] ?? 0) + 1;
      const Properties = { ServiceToken: { 'Fn::GetAtt': [helper, 'Arn'] }, ...resource.Properties };
      resources[id] = { ...resource, Type: customTypeOf(Type), Properties };
      continue;
    }
    const lacking = lackOf(resource, unknownTypes);
    if (lacking === undefined) resources[id] = resource;
    else {
      stripped[lacking] = (stripped[lacking] ?? 0) + 1;
      gone.add(id);
    }
  }
  const left = Object.fromEntries(Object.entries(resources).map(([id, each]) => [id, withoutDependence(each, gone)]));
  const used = [...referencesIn({ ...template, Resources: left })].filter((id) => gone.has(id));
  if (used.length > 0) {
    throw new Error(`The emulator does not know what ${used.join(', ')} is, and other resources or outputs need it.`);
  }
  const helpers = Object.keys(served).length > 0 ? helperResources(servedTypesUrl) : {};
  return { template: { ...template, Resources: { ...left, ...helpers } }, served, stripped };
}

/** The types of the resources that are not the same in both, one for each. */
export function changedTypes(before: Template, after: Template): readonly string[] {
  const ids = new Set([...Object.keys(before.Resources), ...Object.keys(after.Resources)]);
  const isSame = (id: string) => isDeepStrictEqual(before.Resources[id], after.Resources[id]);
  return [...ids].filter((id) => !isSame(id)).map((id) => (after.Resources[id] ?? before.Resources[id])?.Type ?? id);
}

/** What the emulator does not know of a resource, as it is shown; undefined where it can make it. */
function lackOf({ Type, Properties = {} }: Resource, unknownTypes: ReadonlySet<string>): string | undefined {
  if (unknownTypes.has(Type) || Type.startsWith('AWS::SecretsManager::')) return Type;
  const found = refused.find(({ type, property }) => type === Type && Object.hasOwn(Properties, property));
  return found === undefined ? undefined : `${Type} ${found.why}`;
}

/** `AWS::SecretsManager::Secret` as a type that CloudFormation hands to a function. */
function customTypeOf(type: string): string {
  return `Custom::${type.replaceAll('::', '-')}`;
}

function withoutDependence(resource: Resource, gone: ReadonlySet<string>): Resource {
  if (resource.DependsOn === undefined) return resource;
  const { DependsOn, ...rest } = resource;
  const all: readonly string[] = typeof DependsOn === 'string' ? [DependsOn] : DependsOn;
  const left = all.filter((id) => !gone.has(id));
  if (left.length === all.length) return resource;
  return { ...rest, ...(left.length === 0 ? {} : { DependsOn: left }) };
}

/** Every logical id that is referred to: Ref, Fn::GetAtt in both spellings, Fn::Sub. */
function referencesIn(part: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(part)) for (const item of part) referencesIn(item, found);
  else if (typeof part === 'object' && part !== null) {
    for (const [key, value] of Object.entries(part)) {
      if (key === 'Ref' && typeof value === 'string') found.add(value);
      if (key === 'Fn::GetAtt') found.add(String(Array.isArray(value) ? value[0] : String(value).split('.')[0]));
      if (key === 'Fn::Sub') {
        const [text] = [value].flat();
        for (const [, id = ''] of String(text).matchAll(/\$\{([A-Za-z0-9]+)(?:\.[^}]*)?\}/g)) found.add(id);
      }
      referencesIn(value, found);
    }
  }
  return found;
}

/** The function that hands on to us what CloudFormation asks, and to CloudFormation what we answer. */
function helperResources(servedTypesUrl: string): Readonly<Record<string, Resource>> {
  const code = `exports.handler = async (event) => {
  const asked = await fetch(process.env.SERVED_TYPES_URL, { method: 'POST', body: JSON.stringify(event) });
  await fetch(event.ResponseURL, { method: 'PUT', body: await asked.text() });
};`;
  const trust = { Effect: 'Allow', Principal: { Service: 'lambda.amazonaws.com' }, Action: 'sts:AssumeRole' };
  return {
    [`${helper}Role`]: {
      Type: 'AWS::IAM::Role',
      Properties: { AssumeRolePolicyDocument: { Version: '2012-10-17', Statement: [trust] } },
    },
    [helper]: {
      Type: 'AWS::Lambda::Function',
      Properties: {
        FunctionName: { 'Fn::Join': ['-', ['served-types-of', { Ref: 'AWS::StackName' }]] },
        Description: 'Only here, on an emulator: makes the Secrets Manager resources of this stack at our own endpoint.',
        Runtime: 'nodejs24.x',
        Handler: 'index.handler',
        Role: { 'Fn::GetAtt': [`${helper}Role`, 'Arn'] },
        Timeout: 60,
        Code: { ZipFile: code },
        Environment: { Variables: { SERVED_TYPES_URL: servedTypesUrl } },
      },
    },
  };
}
