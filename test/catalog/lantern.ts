import * as z from 'zod';
import type { CatalogRegistry } from '../../lib/catalog/catalog.ts';
import { checkCatalog, type Loaded } from '../../lib/catalog/load-catalog.ts';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import { can, cannot, type DependentFacts, type RotatorFacts } from '../../lib/engine/facts.ts';

// Plug-ins that no real service has, each odd in one way, and a catalog without faults to put one into.

const common = {
  title: '',
  summary: '',
  sources: [],
  unconfirmed: [],
  proven: [],
  leastPrivilege: [],
  byHand: [],
  ifAllElseFails: '',
};
const rotatorFacts: Omit<RotatorFacts, 'name'> = {
  ...common,
  kind: 'api',
  strategy: 'overlap',
  mark: can({ maximumCharacters: 100 }),
  list: can(),
  revoke: can(),
  expiry: can({ maximumDays: 90 }),
  scopes: can(),
  lastUsed: cannot('it keeps no record'),
  slots: cannot('no limit is known'),
  parts: { keyId: 'the key that signs' },
  requiredParts: [],
  valueBytes: 200,
  settleSeconds: 0,
  deathSeconds: 0,
};
const dependentFacts: Omit<DependentFacts, 'name'> = {
  ...common,
  readClass: 'value',
  activation: 'none',
  drainSeconds: 0,
  maximumBytes: cannot('no limit is known'),
  lock: cannot('it has none'),
};

const never = () => Promise.reject(new Error('The catalog calls no plug-in.'));
const key = z.strictObject({ key: z.string() });

function rotator(name: string, scope: z.ZodType, authority: z.ZodType, facts: Partial<RotatorFacts> = {}): AnyRotator {
  return { facts: { ...rotatorFacts, name, title: `${name} token`, ...facts }, scope, authority, mint: never, verify: never };
}

function dependent(name: string, target: z.ZodType, authority: z.ZodType, facts: Partial<DependentFacts> = {}): AnyDependent {
  const calls = { read: never, apply: never, inEffect: never };
  return { facts: { ...dependentFacts, name, title: `${name} copy`, ...facts }, target, authority, ...calls };
}

const project = z.strictObject({
  project: z
    .string()
    .min(1)
    .describe('The project that the token is for.')
    .meta({ examples: ['shop'] }),
  rights: z.array(z.enum(['read', 'publish'])).optional(),
  team: z.string().optional().meta({ identifier: true }),
});

const rotators: readonly AnyRotator[] = [
  rotator('lantern', project, key),
  /** Ends the old token when it mints a new one. */
  rotator('candle', z.strictObject({}), z.strictObject({}), { strategy: 'replace' }),
  /** Has parts that must be stored, room for three, and says little. */
  rotator('torch', z.strictObject({ user: z.string().meta({ principal: true }), note: z.string().optional() }), key, {
    requiredParts: ['keyId'],
    slots: can({ live: 3 }),
    expiry: cannot('its tokens never expire'),
    scopes: cannot('it knows no rights'),
  }),
  /** Is more than one line long. */
  rotator('scroll', z.strictObject({ library: z.string() }), key, { isMultiline: true }),
  rotator(
    'broken',
    z.unknown().refine(() => {
      throw new Error('a message with hunter2');
    }),
    z.unknown(),
  ),
];

const dependents: readonly AnyDependent[] = [
  dependent(
    'drawer',
    z.strictObject({ secret: z.string(), field: z.string().optional(), region: z.string().optional() }),
    z.strictObject({}),
    {
      awsActions: ['secretsmanager:GetSecretValue', 'secretsmanager:PutSecretValue'],
    },
  ),
  dependent('bell', z.strictObject({ url: z.url({ protocol: /^https$/ }) }), key),
  dependent('slip', z.strictObject({ at: z.string() }), z.strictObject({}), {
    maximumBytes: can({ bytes: 100 }),
  }),
  /** Keeps nothing, and reads a copy, or the secret itself, when it starts. */
  {
    ...dependent('reader', z.strictObject({ reads: z.enum(['secret', 'copy']) }), z.strictObject({})),
    forTarget: ({ reads }: { reads: string }) =>
      dependent('reader', z.unknown(), z.strictObject({}), { readsFrom: reads === 'secret' ? 'the-secret' : 'another-place' }),
  },
  dependent('kettle', z.strictObject({ at: z.string() }), z.strictObject({}), { drainSeconds: 30 * 3600 }),
];

export const registry: CatalogRegistry = {
  rotatorNames: [...rotators.map(({ facts }) => facts.name), 'missing'],
  dependentNames: dependents.map(({ facts }) => facts.name),
  rotator: async (name) => rotators.find(({ facts }) => facts.name === name),
  dependent: async (kind) => dependents.find(({ facts }) => facts.name === kind),
};

export const shared = `version: 1
people:
  ada-lovelace: { name: Ada Lovelace, email: ada@example.com }
  grace-hopper: { name: Grace Hopper, email: grace@example.com }
teams:
  platform: { name: Platform, email: platform@example.com, members: [ada-lovelace, grace-hopper] }
`;

export const token = `description: Lets the build robot publish packages.
stopsWhenItFails: No new version of the shop can go out.
owner: ada-lovelace
backup: grace-hopper
account:
  signIn: https://lantern.example.com/login
  administrator: platform
  secondFactor: the blue key in the safe
  recovery: the envelope next to it
provider: lantern
scope: { project: shop }
authority: keyturn/authorities/lantern
secret: build/lantern
schedule: { everyDays: 30 }
`;

/** The same token again, for another project and in another secret. */
export const other = token.replace('shop }', 'blog }').replace('build/lantern', 'build/other');

export type Files = Readonly<Record<string, string | Uint8Array>>;

export const sound: Files = { 'keyturn.yaml': shared, 'publish.yaml': token };

/** Checks files that stand nowhere on a disk. */
export function check(files: Files, plugins = registry): Promise<Loaded> {
  const list = Object.entries(files).map(([name, content]) => ({ name, file: name, bytes: Buffer.from(content as string) }));
  return checkCatalog(list, plugins);
}
