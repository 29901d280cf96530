import { expect, it } from 'vitest';
import { registry } from '../../lib/plugin/registry.ts';
import { keyturn } from './cli.ts';

interface Told {
  readonly name: string;
  readonly abilities: Readonly<Record<string, { readonly can: boolean; readonly why?: string }>>;
}

it.each([
  ['rotators', registry.rotatorNames],
  ['dependents', registry.dependentNames],
] as const)('tells of all %s, and of each why it cannot what it cannot', async (command, names) => {
  const { code, out, err } = await keyturn([command, '--json']);

  expect({ code, err }).toEqual({ code: 0, err: '' });
  const told = JSON.parse(out) as readonly Told[];
  expect(told.map(({ name }) => name)).toEqual([...names].sort());
  for (const { abilities } of told)
    for (const ability of Object.values(abilities)) expect(ability.can || ability.why).toBeTruthy();
});

it('tells of a rotator what the catalog asks for, what it calls and needs, and how this is known', async () => {
  const { out } = await keyturn(['rotators', 'aws-iam-access-key', '--json']);

  expect(JSON.parse(out)).toEqual([
    expect.objectContaining({
      kind: 'api',
      strategy: 'overlap',
      abilities: expect.objectContaining({ slots: { can: true, live: 2 }, mark: { can: false, why: expect.any(String) } }),
      scope: expect.objectContaining({ properties: expect.objectContaining({ user: expect.anything() }), required: ['user'] }),
      parts: { accessKeyId: expect.any(String) },
      hosts: [],
      permissions: expect.objectContaining({ awsActions: expect.arrayContaining(['iam:CreateAccessKey']) }),
      proven: [{ on: 'fake', date: expect.any(String) }],
      sources: expect.arrayContaining([expect.objectContaining({ checked: expect.any(String) })]),
      unconfirmed: expect.any(Array),
    }),
  ]);
});

it('tells of a dependent how well it can be read, and which address the catalog gives', async () => {
  const { out } = await keyturn(['dependents', 'webhook', '--json']);

  expect(JSON.parse(out)).toEqual([
    expect.objectContaining({
      readClass: 'digest',
      hosts: [{ field: 'url' }],
      target: expect.objectContaining({ type: 'object' }),
    }),
  ]);
});

it('has a table for people, and all about one', async () => {
  const all = await keyturn(['rotators']);
  const one = await keyturn(['dependents', 'github-actions']);

  const [head = '', ...rows] = all.out.trimEnd().split('\n');
  expect(head).toMatch(/^provider +strategy +marks/);
  expect(rows).toHaveLength(registry.rotatorNames.length);
  expect(one.out).toContain('known from');
  expect(one.out).toContain('the catalog says');
});

it('names those that there are where there is none of the name', async () => {
  const { code, out, err } = await keyturn(['rotators', 'no-such']);

  expect({ code, out }).toEqual({ code: 1, out: '' });
  expect(err).toContain('sendgrid');
});
