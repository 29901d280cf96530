// Goal: what others check of a deployment finds nothing here that is not explained.
// Method: the example catalog, and an installation with every option, through cdk-nag and through the validator of CloudFormation.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Validations } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnSecret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { expect, it } from 'vitest';
import { allow } from '../../lib/constructs/function.ts';
import { addKeyturn, type KeyturnAppProps } from '../../lib/constructs/keyturn-app.ts';
import type { KeyturnStack } from '../../lib/constructs/keyturn-stack.ts';
import { prepare } from '../../lib/constructs/prepare.ts';
import { root } from '../checkout.ts';
import { tokenFile } from './fleet.ts';
import { account, catalogOf, createApp, propsOf, region } from './setup.ts';

interface Report {
  readonly pluginReports: readonly {
    readonly pluginName: string;
    readonly violations: readonly { readonly ruleName: string }[];
  }[];
}

const key = `arn:aws:kms:${region}:${account}:key/0a1b2c3d-0000-0000-0000-000000000000`;
const spokeSecret = `arn:aws:secretsmanager:${region}:222222222222:secret:shop/far-AbCdEf`;

async function reportOf(
  folder: string,
  props: Partial<KeyturnAppProps>,
  alter: (main: KeyturnStack) => void = () => {},
): Promise<Report> {
  const all = propsOf(folder, props);
  const app = createApp();
  alter(addKeyturn(app, all, await prepare(all)));
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  process.env['CDK_VALIDATION'] = 'true';
  try {
    app.synth();
  } catch (error) {
    // Findings end the synth of an app; the report is there, and says which.
    if ((error as Error).name !== 'ValidationFailed') throw error;
  } finally {
    process.env['CDK_VALIDATION'] = 'false';
    process.exitCode = 0;
  }
  return JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8')) as Report;
}

it.each<[string, () => string, Partial<KeyturnAppProps>]>([
  ['the example catalog', () => join(root, 'catalog'), {}],
  [
    'every option at once',
    () =>
      catalogOf({
        'near.yaml': tokenFile(
          'lantern-1',
          'shop/near',
          'team: platform\nchecks: [{ name: x, url: https://shop.example.com/ }]\n',
        ),
        'far.yaml': tokenFile('lantern-1', spokeSecret),
        'seen.yaml': tokenFile('lantern-2', 'shop/seen', 'adopt: true\n'),
        'watched.yaml': tokenFile('lantern-2', 'shop/watched', 'mode: observe\n'),
        'typed.yaml': tokenFile('by-hand', 'shop/typed').replace(/authority: .*\n/, ''),
        'copied.yaml': tokenFile(
          'lantern-3',
          'shop/copied',
          `dependents:
  - { name: near, kind: aws-secrets-manager-secret, target: { secret: copies/near } }
  - { name: far, kind: aws-secrets-manager-secret, target: { secret: copies/far }, via: "arn:aws:iam::222222222222:role/x" }
`,
        ),
      }),
    {
      keyArn: key,
      otherAccounts: ['222222222222'],
      subnetIds: ['subnet-0123456789abcdef0'],
      securityGroupIds: ['sg-0123456789abcdef0'],
      calendarFeed: true,
      permissionsBoundaryArn: `arn:aws:iam::${account}:policy/boundary`,
      prefix: 'keyturn-staging',
      tags: { cost: 'shop' },
      console: { admit: ['203.0.113.0/24'] },
    },
  ],
])('is without findings and warnings: %s', async (_, folder, props) => {
  const report = await reportOf(folder(), props);

  expect(rulesIn(report)).toEqual([]);
});

it('would be told of what is not explained', async () => {
  const report = await reportOf(join(root, 'catalog'), {}, (main) => {
    new Queue(main, 'Open');
    const [rotator] = main.rotators.values();
    rotator?.function.role.addToPolicy(allow(['secretsmanager:GetSecretValue'], ['*']));
    new CfnSecret(main, 'Odd', { name: 'odd' });
    const [lambda] = main.node.findAll().filter((each) => each instanceof CfnFunction);
    lambda?.addPropertyOverride('VpcConfig', { SecurityGroupIds: ['odd'] });
  });

  const rules = rulesIn(report);
  for (const rule of ['SQS4', 'IAM5', 'SMG4']) expect(rules.join()).toContain(rule);
  expect(rules.join()).toMatch(/CloudFormation/i);
});

function rulesIn({ pluginReports }: Report): readonly string[] {
  return pluginReports.flatMap(({ pluginName, violations }) => violations.map(({ ruleName }) => `${pluginName} ${ruleName}`));
}
