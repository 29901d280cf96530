import { expect, it } from 'vitest';
import { awsEcsService } from '../../dependents/aws-ecs-service/index.ts';
import { awsSecretsManagerSecret } from '../../dependents/aws-secrets-manager-secret/index.ts';
import { needsOf } from '../../lib/catalog/needs.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { check, shared, sound, token } from './lantern.ts';

async function entryOf(lines: string, keyturn = shared) {
  const { catalog, problems } = await check({ ...sound, 'keyturn.yaml': keyturn, 'publish.yaml': `${token}${lines}\n` });
  const entry = catalog?.entries.find(({ token: { name } }) => name === 'publish');
  if (entry === undefined) throw new Error(JSON.stringify(problems));
  return entry;
}

it.each([
  ['a secret that is to be made', '', false, 'retire'],
  ['one that exists', 'adopt: true', true, 'observe'],
  ['one that exists and is the owner’s to give', 'adopt: true\nmode: rotate', true, 'rotate'],
])('takes %s as it is', async (_, lines, isAdopted, mode) => {
  const entry = await entryOf(lines);

  expect(entry).toMatchObject({ isAdopted, token: { mode } });
});

it('does not let a default of the whole catalog speak for a secret that is adopted', async () => {
  const withDefaults = shared.includes('defaults:')
    ? shared.replace('defaults:', 'defaults:\n  mode: retire')
    : `${shared}defaults: { mode: retire }\n`;

  const entry = await entryOf('adopt: true', withDefaults);

  expect(entry.token.mode).toBe('observe');
});

it('knows every origin that a token’s plug-ins and checks may call, once', async () => {
  const { needs } = await entryOf(`dependents:
  - { name: a bell, kind: bell, target: { url: "https://bell.example.com/ring" }, authority: keyturn/bell }
checks:
  - { name: one, url: "https://shop.example.com/a" }
  - { name: two, url: "https://shop.example.com:8443/b" }
  - { name: three, url: "https://shop.example.com/c" }`);

  expect(needs.hosts.filter((host) => host.includes('shop'))).toEqual([
    'https://shop.example.com',
    'https://shop.example.com:8443',
  ]);
  expect(new Set(needs.hosts).size).toBe(needs.hosts.length);
});

it('knows the origin of a probe’s route, and takes the probe as the engine wants it', async () => {
  const { needs, token: entry } = await entryOf(`dependents:
  - { name: a drawer, kind: drawer, target: { secret: copy }, probe: { route: "https://shop.example.com:8443/keyturn-probe" } }`);

  expect(needs.hosts).toContain('https://shop.example.com:8443');
  expect(entry.dependents[0]?.probe).toEqual({ route: 'https://shop.example.com:8443/keyturn-probe' });
});

const arn = 'arn:aws:secretsmanager:eu-west-1:111111111111:secret:copies/one';
it.each([
  ['a name', 'copies/one', 'arn:{partition}:secretsmanager:{region}:{account}:secret:copies/one-??????'],
  ['a whole ARN', `${arn}-AbCdEf`, `${arn}-AbCdEf`],
  ['an ARN without its end', arn, `${arn}-??????`],
  ['a star', 'copies/*', `arn:{partition}:secretsmanager:{region}:{account}:secret:copies/\${*}-??????`],
])('asks of AWS for a copy under %s no more than that', (_, secret, resource) => {
  const dependents = [{ index: 0, fields: {}, plugin: awsSecretsManagerSecret, target: { secret } }];

  const { aws } = needsOf({ name: 'x', fields: {}, dependents } as never);

  expect(aws).toEqual([{ actions: awsSecretsManagerSecret.facts.awsActions, resources: [resource] }]);
});

it('asks for what AWS ties to nothing apart from what changes something', () => {
  const target = { cluster: 'prod', service: 'api', variable: 'API_TOKEN', reads: 'secret' };
  const { aws } = needsOf({
    name: 'x',
    fields: {},
    dependents: [{ index: 0, fields: {}, plugin: awsEcsService, target }],
  } as never);

  expect(aws).toEqual([
    {
      actions: ['ecs:DescribeServices', 'ecs:DescribeTasks', 'ecs:UpdateService'],
      resources: [
        'arn:{partition}:ecs:{region}:{account}:service/prod/api',
        'arn:{partition}:ecs:{region}:{account}:task/prod/*',
      ],
    },
    { actions: ['ecs:DescribeTaskDefinition', 'ecs:ListTasks'], resources: ['*'] },
  ]);
});

it('has for every plug-in that speaks to AWS what it does it to, so that no role needs more', async () => {
  const plugins = [
    ...(await Promise.all(registry.rotatorNames.map((name) => registry.rotator(name)))),
    ...(await Promise.all(registry.dependentNames.map((name) => registry.dependent(name)))),
  ];

  const onAws = plugins.filter((plugin) => (plugin?.facts.awsActions?.length ?? 0) > 0);
  expect(onAws.length).toBeGreaterThan(0);
  for (const plugin of onAws) {
    expect(plugin?.facts.awsResources?.length, plugin?.facts.name).toBeGreaterThan(0);
    for (const resource of plugin?.facts.awsResources ?? [])
      expect(resource).toMatch(/^arn:\{partition\}:[a-z-]+:[^:]*:[^:]*:.*\{\w+\}/);
    for (const action of plugin?.facts.awsActions ?? []) expect(action).not.toContain('*');
    for (const action of plugin?.facts.awsActionsAnywhere ?? []) expect(action).toMatch(/^[a-z]+:(Describe|List)\w+$/);
  }
});
