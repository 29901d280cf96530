import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { App, CfnOutput, Duration, RemovalPolicy, Stack } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Code, FunctionUrlAuthType, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { build } from 'esbuild';
import { providerStack } from './toolkit.ts';

// The CDK app that puts the stand-in of a registry into an account, for as long as the test runs.

const code = mkdtempSync(join(tmpdir(), 'keyturn-provider-'));
await build({
  entryPoints: [join(dirname(fileURLToPath(import.meta.url)), 'provider-function.ts')],
  outfile: join(code, 'index.mjs'),
  bundle: true,
  minify: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
  logLevel: 'silent',
});

const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env;
const env = { ...(account === undefined ? {} : { account }), ...(region === undefined ? {} : { region }) };
const stack = new Stack(new App(), providerStack, { env, description: 'A registry that guards nothing, for a test of Keyturn.' });
// The name is CloudFormation's: a fixed one would be taken for a week after it was removed.
const state = new CfnSecret(stack, 'State', { description: 'What the registry of a test of Keyturn has issued.' });
state.applyRemovalPolicy(RemovalPolicy.DESTROY);
const registry = new LambdaFunction(stack, 'Registry', {
  description: 'A registry that guards nothing, for a test of Keyturn.',
  runtime: Runtime.NODEJS_24_X,
  code: Code.fromAsset(code),
  handler: 'index.handler',
  timeout: Duration.seconds(20),
  memorySize: 512,
  environment: { STATE_SECRET: state.ref },
  logGroup: new LogGroup(stack, 'Log', { retention: RetentionDays.ONE_DAY, removalPolicy: RemovalPolicy.DESTROY }),
});
const actions = ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'];
registry.addToRolePolicy(new PolicyStatement({ actions, resources: [state.ref] }));
new CfnOutput(stack, 'Url', { value: registry.addFunctionUrl({ authType: FunctionUrlAuthType.NONE }).url });
