import { type CloudFormationClient, ValidateTemplateCommand } from '@aws-sdk/client-cloudformation';
import { servedTypes } from './served-types.ts';
import type { Template } from './template.ts';

/** Which of a template's types this CloudFormation does not know. It is asked, by a template of nothing but the types. */
export async function unknownTypesOf(cloudFormation: CloudFormationClient, template: Template): Promise<ReadonlySet<string>> {
  const types = new Set(Object.values(template.Resources).map(({ Type }) => Type));
  const asked = [...types].filter((type) => !type.startsWith('Custom::') && !Object.hasOwn(servedTypes, type));
  const skeleton = { Resources: Object.fromEntries(asked.map((Type, index) => [`Resource${index}`, { Type }])) };
  try {
    await cloudFormation.send(new ValidateTemplateCommand({ TemplateBody: JSON.stringify(skeleton) }));
    return new Set();
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return typesIn(error.message);
  }
}

/** The types that a refusal of CloudFormation names. */
export function typesIn(message: string): ReadonlySet<string> {
  const [, listed = ''] = /Unrecognized resource types: \[([^\]]*)\]/.exec(message) ?? [];
  return new Set(listed.split(/,\s*/).filter((type) => type !== ''));
}
