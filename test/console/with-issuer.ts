import { mkdtempSync, rmSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve } from '@hono/node-server';
import type { Catalog } from '../../lib/catalog/catalog.ts';
import { createConsole } from '../../lib/console/app.ts';
import { createSessions } from '../../lib/console/sessions.ts';
import { createSignIn } from '../../lib/console/sign-in.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { type Issuer, startIssuer } from '../issuer/issuer.ts';
import { installationOf, sixtyTokens, versions } from './sixty-tokens.ts';

/** The console of sixty tokens on a port of its own, a real issuer beside it, and people of every part. */
export interface WithIssuer {
  readonly origin: string;
  readonly issuer: Issuer;
  /** Where the sessions lie. */
  readonly folder: string;
  close(): void;
}

export async function openWithIssuer(now: () => number): Promise<WithIssuer> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-sign-in-'));
  versions.set('one', ['AWSCURRENT', 'keyturn/npm-registry/ref-one', 'keyturn-hold/1760000000/because']);
  let answer = async (_: Request): Promise<Response> => new Response();
  const server = serve({ fetch: (request) => answer(request), hostname: '127.0.0.1', port: 0 });
  await new Promise<void>((resolve) => server.once('listening', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const issuer = await startIssuer(origin);
  const all = await sixtyTokens();
  // The first three are Tomás Okafor's, one has Grit for a backup, and Nora had left before she could do anything.
  const catalog: Catalog = {
    ...all,
    people: new Map([
      ...all.people,
      ['grit', { name: 'Grit', email: 'grit@example.com' }],
      ['nora', { name: 'Nora', email: 'nora@example.com', left: '2026-01-31' }],
    ]),
    entries: all.entries.map((entry, index) => ({
      ...entry,
      backup: index === 29 ? 'grit' : index === 30 ? 'nora' : 'ines-moreau',
    })),
  };
  const installation = installationOf(catalog, now);
  const sessions = createSessions(async () => openFolderShelf(folder), { now });
  const groups = { claim: 'groups', of: { admin: 'keyturn-admin', operator: 'keyturn-operator', viewer: 'keyturn-viewer' } };
  const entrance = createSignIn({ issuer: issuer.url, clientId: 'console', groups, origin, catalog, sessions, clock: { now } });
  const app = createConsole({ installation, registry, origin, entrance });
  answer = async (request) => app.fetch(request);

  for (const account of [
    { sub: 'vera', email: 'vera@example.com', email_verified: true, groups: ['staff', 'keyturn-viewer'] },
    { sub: 'otto', email: 'otto@example.com', email_verified: true, groups: ['keyturn-operator'] },
    { sub: 'alma', email: 'alma@example.com', email_verified: true, groups: ['keyturn-admin'] },
    { sub: 'tomas', email: 'Tomas.Okafor@example.com', email_verified: true },
    { sub: 'grit', email: 'grit@example.com', email_verified: true },
    { sub: 'nora', email: 'nora@example.com', email_verified: true },
    { sub: 'thief', email: 'tomas.okafor@example.com', email_verified: false },
    { sub: 'nobody', groups: ['staff', 'keyturn-viewers', 'keyturn-admin keyturn-operator'] },
    { sub: 'joined', groups: 'keyturn-admin keyturn-operator' },
    { sub: 'rita', groups: ['keyturn-operator'] },
  ])
    await issuer.put(account);
  return {
    origin,
    issuer,
    folder,
    close() {
      server.close();
      issuer.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
