import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll } from 'vitest';
import { addKeyturn, type KeyturnAppProps } from '../../lib/constructs/keyturn-app.ts';
import { type Prepared, prepare } from '../../lib/constructs/prepare.ts';
import { root } from '../checkout.ts';
import { fleetRegistry, writeCatalog } from './fleet.ts';

// The validator of templates costs three seconds each synth: it runs in one test only, strictly.
process.env['CDK_VALIDATION'] = 'false';

/** Where everything of this file's tests is written. */
export const scratch = mkdtempSync(join(tmpdir(), 'keyturn-constructs-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

export const catalogOf = (files: Files) => writeCatalog(files, scratch);

export const createFolder = (name: string) => mkdtempSync(join(scratch, `${name}-`));

/** Stands for the bundled handlers where it does not matter what is in them. */
export const codeFolder = join(scratch, 'code');
mkdirSync(codeFolder);
writeFileSync(join(codeFolder, 'rotate.mjs'), '');

/** An app as cdk.json sets it up for everybody. */
export function createApp(): App {
  return new App({ context: flags, analyticsReporting: false, outdir: createFolder('cdk.out') });
}

export const account = '111111111111';
export const region = 'eu-west-1';

/** As cdk.json sets it for everybody. */
export const flags = (JSON.parse(readFileSync(join(root, 'cdk.json'), 'utf8')) as { context: Readonly<Record<string, unknown>> })
  .context;

export type Files = Readonly<Record<string, string>>;
export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON of any shape.
  readonly Properties: any;
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
  readonly DependsOn?: readonly string[];
}

export interface Synthesized {
  readonly app: App;
  readonly prepared: Prepared;
  readonly main: Template;
  /** By the stack's name. */
  readonly templates: ReadonlyMap<string, Template>;
  /** The resources of one type in a stack, by logical id. */
  of(type: string, stack?: string): Readonly<Record<string, Resource>>;
}

/** What every app of these tests is made with, and what one of them says otherwise. */
export function propsOf(folder: string, props: Partial<KeyturnAppProps>) {
  return {
    catalog: folder,
    account,
    region,
    registry: fleetRegistry(),
    codeFolder,
    alarmsEmail: 'ops@example.com',
    stagingFolder: createFolder('staging'),
    ...props,
  };
}

/** Makes the stacks of a catalog that is given as files or as a folder. */
export async function synthesize(catalog: Files | string, props: Partial<KeyturnAppProps> = {}): Promise<Synthesized> {
  const folder = typeof catalog === 'string' ? catalog : catalogOf(catalog);
  const all = propsOf(folder, props);
  const prepared = await prepare(all);
  const app = createApp();
  const main = addKeyturn(app, all, prepared);
  const assembly = app.synth();
  const templates = new Map(assembly.stacks.map((stack) => [stack.stackName, Template.fromJSON(stack.template as object)]));
  return {
    app,
    prepared,
    main: Template.fromStack(main),
    templates,
    of: (type, stack = main.stackName) =>
      (templates.get(stack)?.findResources(type) ?? {}) as unknown as Readonly<Record<string, Resource>>,
  };
}

/** Everything that a role may do, by the function that has it. */
export function statementsOf({ of }: Synthesized, functionName: string): readonly Statement[] {
  const [fn] = Object.values(of('AWS::Lambda::Function')).filter(({ Properties }) => Properties.FunctionName === functionName);
  const role = fn?.Properties.Role['Fn::GetAtt'][0] as string;
  const policies = [...Object.values(of('AWS::IAM::Policy')), ...Object.values(of('AWS::IAM::ManagedPolicy'))];
  return policies
    .filter(({ Properties }) => Properties.Roles.some((each: { Ref: string }) => each.Ref === role))
    .flatMap(({ Properties }) => Properties.PolicyDocument.Statement as Statement[])
    .map((statement) => ({ ...statement, Action: list(statement.Action), Resource: list(statement.Resource).map(text) }));
}

export interface Statement {
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: unknown;
  readonly Effect: string;
}

/** A value of a template as a person reads it: what CloudFormation fills in stands in angle brackets. */
export function text(value: unknown): string {
  if (typeof value === 'string') return value;
  const { Ref: ref, 'Fn::GetAtt': attribute, 'Fn::Join': join } = value as Intrinsic;
  if (ref !== undefined) return `<${ref}>`.replace('<AWS::Partition>', 'aws').replace('<AWS::URLSuffix>', 'amazonaws.com');
  if (attribute !== undefined) return `<${attribute.join('.')}>`;
  return (join?.[1] ?? []).map(text).join('');
}

interface Intrinsic {
  readonly Ref?: string;
  readonly 'Fn::GetAtt'?: readonly string[];
  readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
}

export function list(value: unknown): readonly string[] {
  return (Array.isArray(value) ? value : [value]) as readonly string[];
}
