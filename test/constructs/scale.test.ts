// Goal: a large catalog fits into what AWS takes, and a small change of it is a small change of what is deployed.
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { assignStacks, mainStackTokens, otherStackTokens, stacksFile } from '../../lib/constructs/stacks-file.ts';
import { fleetFiles, fleetRegistry, shared, tokenFile } from './fleet.ts';
import { catalogOf, list, type Resource, type Synthesized, statementsOf, synthesize, text } from './setup.ts';

function resourcesOf({ templates }: Synthesized): ReadonlyMap<string, Readonly<Record<string, Resource>>> {
  return new Map([...templates].map(([name, template]) => [name, template.toJSON().Resources as Record<string, Resource>]));
}

const sizes = (synthesized: Synthesized) =>
  Object.fromEntries([...resourcesOf(synthesized)].map(([name, resources]) => [name, Object.keys(resources).length]));

it('takes two resources a token, and the same number for each provider', async () => {
  const total = async (tokens: number, providers: number) => {
    const counts = Object.values(sizes(await synthesize(fleetFiles(tokens, providers))));
    return counts.reduce((sum, count) => sum + count, 0);
  };

  const base = await total(2, 2);
  expect((await total(12, 2)) - base).toBe(2 * 10);
  expect((await total(5, 5)) - (await total(2, 2)) - 2 * 3).toBe(11 * 3);
});

it('splits a thousand tokens of twenty providers into stacks that CloudFormation takes, with roles that IAM takes', async () => {
  const fleet = await synthesize(fleetFiles(1000, 20));

  const counts = sizes(fleet);
  expect(Object.keys(counts)).toEqual(['keyturn', ...[2, 3, 4, 5].map((number) => `keyturn-tokens-${number}`)]);
  for (const count of Object.values(counts)) expect(count).toBeLessThanOrEqual(500);
  const secrets = [...resourcesOf(fleet).values()].map(
    (each) => Object.values(each).filter(({ Type }) => Type === 'AWS::SecretsManager::Secret').length,
  );
  expect(secrets).toEqual([
    mainStackTokens,
    ...[1, 2, 3].map(() => otherStackTokens),
    1000 - mainStackTokens - 3 * otherStackTokens,
  ]);
  expect(fleet.of('AWS::IAM::ManagedPolicy')).toEqual({});
  for (const { Properties } of Object.values(fleet.of('AWS::IAM::Policy')))
    expect(rendered(Properties.PolicyDocument)).toBeLessThanOrEqual(10_240);
}, 60_000);

it('has room for thirty providers beside the tokens of the main stack', async () => {
  const fleet = await synthesize(fleetFiles(mainStackTokens, 30), { registry: fleetRegistry(30) });

  expect(Object.keys(sizes(fleet))).toEqual(['keyturn']);
  expect(sizes(fleet)['keyturn']).toBeLessThanOrEqual(500);
}, 60_000);

it('names in managed policies what a role cannot hold in its own, and refuses what no role can hold', async () => {
  const copies = (count: number) =>
    tokenFile(
      'lantern-1',
      'shop/one',
      `dependents:\n${Array.from({ length: count }, (_, index) => `  - { name: copy ${index}, kind: aws-secrets-manager-secret, target: { secret: copies/of-the-token-in-place-${index} } }`).join('\n')}\n`,
    );

  const many = await synthesize({ 'one.yaml': copies(300) });
  const tooMany = synthesize({ 'one.yaml': copies(900) });

  await expect(tooMany).rejects.toMatchObject({ code: 'catalog', message: expect.stringContaining('keyturn-rotate-lantern-1') });
  const managed = Object.values(many.of('AWS::IAM::ManagedPolicy'));
  expect(managed.length).toBeGreaterThan(1);
  for (const { Properties } of managed) expect(rendered(Properties.PolicyDocument)).toBeLessThanOrEqual(6144);
  const named = statementsOf(many, 'keyturn-rotate-lantern-1').flatMap(({ Resource }) =>
    Resource.filter((each) => each.includes(':copies/')),
  );
  expect(new Set(named).size).toBe(300);
}, 60_000);

/** How long a policy is when CloudFormation has filled it in. */
function rendered(document: unknown): number {
  return JSON.stringify(document, (_, value: unknown) =>
    typeof value === 'object' && value !== null && Object.keys(value).some((key) => key === 'Ref' || key.startsWith('Fn::'))
      ? text(value)
      : value,
  ).length;
}

it('makes every function wait for its policies, and no policy for a function', async () => {
  const fleet = await synthesize(fleetFiles(4, 2));

  const [resources = {}] = resourcesOf(fleet).values();
  const needs = (id: string): readonly string[] => {
    const { DependsOn = [], ...rest } = resources[id] ?? {};
    const refs = [...JSON.stringify(rest).matchAll(/"(?:Ref|Fn::GetAtt)":\[?"(\w+)"/g)].map(([, ref = '']) => ref);
    return [...new Set([...list(DependsOn), ...refs])].filter((each) => each in resources);
  };
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    expect(path, `a cycle: ${[...path, id].join(' -> ')}`).not.toContain(id);
    if (done.has(id)) return;
    for (const next of needs(id)) visit(next, [...path, id]);
    done.add(id);
  };
  for (const id of Object.keys(resources)) visit(id, []);
  expect(done.size).toBe(Object.keys(resources).length);
  for (const [id, { Type }] of Object.entries(resources))
    if (Type === 'AWS::Lambda::Function') expect(needs(id).map((each) => resources[each]?.Type)).toContain('AWS::IAM::Policy');
});

/** Which resources differ, by type. */
function changed(before: Synthesized, after: Synthesized): readonly string[] {
  return [...resourcesOf(after)].flatMap(([stack, resources]) =>
    Object.entries(resources).flatMap(([id, resource]) => {
      const old = resourcesOf(before).get(stack)?.[id];
      if (JSON.stringify(old) === JSON.stringify(resource)) return [];
      return [`${stack}: ${old === undefined ? 'new ' : ''}${resource.Type} ${nameIn(resource)}`];
    }),
  );
}

function nameIn({ Properties }: Resource): string {
  return String(Properties.FunctionName ?? Properties.Description ?? Properties.Name ?? '');
}

it('changes the catalog of its provider and the reconciler’s index when a token changes, and nothing else', async () => {
  const folder = catalogOf(fleetFiles(6, 3));
  const before = await synthesize(folder);
  const file = join(folder, 'token-0002.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('scope: { project: shop }', 'scope: { project: store }\noverlapHours: 30'),
  );

  const after = await synthesize(folder);

  expect(changed(before, after)).toEqual([
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-rotate-lantern-2 needs.',
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-reconcile needs.',
  ]);
});

it('changes who is told, and nothing that rotates, when a token has another owner', async () => {
  const folder = catalogOf(fleetFiles(6, 3));
  const before = await synthesize(folder);
  const file = join(folder, 'token-0002.yaml');
  writeFileSync(
    file,
    readFileSync(file, 'utf8').replace('owner: ada-lovelace\nbackup: grace-hopper', 'owner: grace-hopper\nbackup: ada-lovelace'),
  );

  const after = await synthesize(folder);

  expect(changed(before, after)).toEqual([
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-reconcile needs.',
  ]);
});

it('changes no template at all when an address does, but the parts of the catalog of those who tell', async () => {
  const folder = catalogOf(fleetFiles(6, 3));
  const before = await synthesize(folder);
  writeFileSync(join(folder, 'keyturn.yaml'), shared.replace('ada@example.com', 'ada.lovelace@example.com'));

  const after = await synthesize(folder);

  expect(changed(before, after)).toEqual([
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-reconcile needs.',
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-notify needs.',
  ]);
});

it('adds to one stack what a new token needs, and moves no other', async () => {
  const folder = catalogOf(fleetFiles(mainStackTokens + otherStackTokens, 3));
  const before = await synthesize(folder);
  writeFileSync(join(folder, 'a-first.yaml'), tokenFile('lantern-1', 'shop/a-first'));

  const after = await synthesize(folder);

  const stack = 'keyturn-tokens-3';
  const ofToken = changed(before, after).filter((each) => each.includes('SecretsManager'));
  expect(ofToken).toEqual([
    `${stack}: new AWS::SecretsManager::Secret Lets the shop talk to lantern-1.`,
    `${stack}: new AWS::SecretsManager::RotationSchedule `,
  ]);
  expect(changed(before, after).filter((each) => !each.startsWith(stack))).toEqual([
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-rotate-lantern-1 needs.',
    'keyturn: AWS::Lambda::LayerVersion The part of the catalog that keyturn-reconcile needs.',
  ]);
}, 60_000);

it('never moves a token, whatever comes and goes, and fills no stack beyond its room', () => {
  const names = fc.uniqueArray(
    fc.integer({ min: 1, max: 700 }).map((number) => `token-${number}`),
    { maxLength: 400 },
  );

  fc.assert(
    fc.property(names, names, (first, second) => {
      const before = assignStacks(new Map(), first);
      const after = assignStacks(before, second);

      for (const name of second) if (before.has(name)) expect(after.get(name)).toBe(before.get(name));
      expect([...after.keys()].sort()).toEqual([...second].sort());
      const filled = [...after.values()].reduce(
        (counts, stack) => counts.set(stack, (counts.get(stack) ?? 0) + 1),
        new Map<number, number>(),
      );
      for (const [stack, count] of filled) expect(count).toBeLessThanOrEqual(stack === 1 ? mainStackTokens : otherStackTokens);
      expect(assignStacks(after, second)).toEqual(after);
    }),
    { numRuns: 200 },
  );
});

it('keeps the stacks in a file that it does not write where nobody would commit it, and does not guess what is broken', async () => {
  const folder = catalogOf(fleetFiles(2, 1));
  await synthesize(folder);
  const kept = readFileSync(join(folder, stacksFile), 'utf8');
  const other = catalogOf({});
  cpSync(folder, other, { recursive: true });
  writeFileSync(join(other, 'token-0003.yaml'), tokenFile('lantern-1', 'shop/three'));

  const frozen = synthesize(other, { isFrozen: true });
  await expect(frozen).rejects.toThrow(/stacks\.generated\.json.*may not be written here/s);
  expect(readFileSync(join(other, stacksFile), 'utf8')).toBe(kept);
  await expect(synthesize(folder, { isFrozen: true })).resolves.toBeDefined();
  writeFileSync(join(folder, stacksFile), '{ "tokens": { "token-0001": "two" } }');
  await expect(synthesize(folder)).rejects.toThrow(/is not what was generated/);
});
