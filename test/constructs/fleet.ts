import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as z from 'zod';
import type { CatalogRegistry } from '../../lib/catalog/catalog.ts';
import type { AnyRotator } from '../../lib/engine/contract.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { lantern } from '../../lib/testing/lantern.ts';

/** The plug-ins of this project, and as many made-up providers as are wanted: `lantern-1` and so on, and one whose tokens a person makes. */
export function fleetRegistry(providers = 20): CatalogRegistry {
  const named = (name: string, kind: 'api' | 'assisted' = 'api'): AnyRotator => ({
    ...lantern,
    facts: { ...lantern.facts, name, kind, api: `https://${name}.lantern.test` },
    authority: kind === 'assisted' ? z.strictObject({}) : lantern.authority,
  });
  const made = new Map(Array.from({ length: providers }, (_, index) => [`lantern-${index + 1}`, named(`lantern-${index + 1}`)]));
  made.set('by-hand', named('by-hand', 'assisted'));
  return {
    ...registry,
    rotatorNames: [...registry.rotatorNames, ...made.keys()],
    rotator: async (name) => made.get(name) ?? registry.rotator(name),
  };
}

export const shared = `version: 1
people:
  ada-lovelace: { name: Ada Lovelace, email: ada@example.com }
  grace-hopper: { name: Grace Hopper, email: grace@example.com }
teams:
  platform: { name: Platform, email: platform@example.com, members: [ada-lovelace] }
`;

/** A token's file, with more or other lines where they are given. */
export function tokenFile(provider: string, secret: string, more = ''): string {
  return `description: Lets the shop talk to ${provider}.
stopsWhenItFails: The shop is silent.
owner: ada-lovelace
backup: grace-hopper
account:
  signIn: https://lantern.test/login
  administrator: platform
  secondFactor: the blue key in the safe
  recovery: the sealed envelope next to it
provider: ${provider}
scope: { project: shop }
authority: keyturn/authorities/${provider}
secret: ${secret}
schedule: { everyDays: 30 }
${more}`;
}

/** A catalog folder of these files, and keyturn.yaml where none is given. */
export function writeCatalog(files: Readonly<Record<string, string>>, within = tmpdir()): string {
  const folder = mkdtempSync(join(within, 'keyturn-catalog-'));
  for (const [name, text] of Object.entries({ 'keyturn.yaml': shared, ...files })) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

/** So many tokens, dealt out to so many providers. Half of them have a copy in a secret of their own. */
export function fleetFiles(tokens: number, providers: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: tokens }, (_, index) => {
      const name = `token-${String(index + 1).padStart(4, '0')}`;
      const copy = `dependents: [{ name: copy, kind: aws-secrets-manager-secret, target: { secret: copies/${name} } }]\n`;
      const text = tokenFile(`lantern-${(index % providers) + 1}`, `shop/${name}`, index % 2 === 0 ? copy : '');
      return [`${name}.yaml`, text];
    }),
  );
}
