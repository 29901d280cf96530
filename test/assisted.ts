import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CreateSecretCommand, DescribeSecretCommand, GetSecretValueCommand } from '@aws-sdk/client-secrets-manager';
import { fake as receiverFake } from '../dependents/webhook/fake.ts';
import { loadCatalog } from '../lib/catalog/load-catalog.ts';
import { openInstallation } from '../lib/cli/installation.ts';
import { createMovableClock } from '../lib/local/clock.ts';
import { type LoopbackServer, serveOnLoopback } from '../lib/local/loopback.ts';
import { secureRandom } from '../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../lib/local/secrets-manager/service.ts';
import { startLocal } from '../lib/local/start.ts';
import { isQuiet, until } from '../lib/local/story.ts';
import type { Installation } from '../lib/operations/installation.ts';
import { registry } from '../lib/plugin/registry.ts';
import { createChance } from '../lib/testing/world.ts';
import { fake as atlassianFake } from '../rotators/atlassian/fake.ts';
import { fake as mailchimpFake } from '../rotators/mailchimp/fake.ts';
import { shared, tokenFile } from './constructs/fleet.ts';

/** The token of one value, and that of two parts, of which a person gives both. */
export const simple = 'campaigns';
export const parted = 'tickets';

/** An installation on loopback with two tokens that only people make, the real functions, and stand-ins of their providers. */
export interface Assisted {
  readonly state: string;
  readonly installation: Installation;
  readonly mailchimp: ReturnType<typeof mailchimpFake>;
  readonly atlassian: ReturnType<typeof atlassianFake>;
  /** What the place of `campaigns` has. */
  holds(): string | undefined;
  /** Everything that is stored and is current. */
  current(token: string): Promise<string | undefined>;
  labels(token: string): Promise<Readonly<Record<string, readonly string[]>>>;
  /** Waits until it is current, and nothing is under way. */
  becomes(token: string, text: string): Promise<void>;
  /** Everything that was written down anywhere but in the secrets and by the stand-ins: logs, events, records. */
  written(): string;
  close(): Promise<void>;
}

export async function openAssisted(): Promise<Assisted> {
  const state = mkdtempSync(join(tmpdir(), 'keyturn-assisted-'));
  const clock = createMovableClock(state);
  const chance = createChance(11);
  const secretsManager = createSecretsManager({ clock, random: secureRandom });
  const world = { now: () => clock.now(), random: chance.text, secretsManager };
  const [mailchimp, atlassian, receiver] = [mailchimpFake(world), atlassianFake(world), receiverFake(world)];
  const servers: LoopbackServer[] = [];
  for (const standIn of [mailchimp, atlassian, receiver]) servers.push(await serveOnLoopback(standIn));
  const [mail = '', tickets = '', place = ''] = servers.map(({ url }) => url);
  const folder = join(state, 'catalog');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'keyturn.yaml'), shared);
  const entry = (provider: string, secret: string, scope: object, more: string) =>
    tokenFile(provider, secret, more).replace('scope: { project: shop }', `scope: ${JSON.stringify(scope)}`);
  writeFileSync(
    join(folder, `${simple}.yaml`),
    entry(
      'mailchimp',
      'shop/campaigns',
      mailchimp.scope,
      `dependents: [{ name: shop, kind: webhook, target: { url: "${place}/token", sends: value, answers: fingerprint }, authority: keyturn/authorities/hooks }]\n`,
    ).replace(/^authority: .*\n/m, ''),
  );
  writeFileSync(
    join(folder, `${parted}.yaml`),
    entry('atlassian', 'shop/tickets', atlassian.scope, 'value: { format: json, fields: { value: TOKEN, label: LABEL } }\n'),
  );
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(JSON.stringify(problems));
  const told: string[] = [];
  const loopback = {
    [new URL(mailchimp.api).host]: mail,
    [new URL(atlassian.api).host]: tickets,
    'api.atlassian.com': tickets,
  };
  const local = await startLocal({
    stateFolder: state,
    catalog,
    loopback,
    onLog: (name, line) => told.push(`${name} ${JSON.stringify(line)}`),
    onEvent: (event) => told.push(JSON.stringify(event)),
    onLetter: (letter) => told.push(JSON.stringify(letter)),
  });
  const create = (Name: string, SecretString: string) => local.client.send(new CreateSecretCommand({ Name, SecretString }));
  const first = mailchimp.makeByHand('the first');
  receiver.tamper(first.value);
  await create('shop/campaigns', first.value);
  const ticket = atlassian.makeByHand('the first');
  await create('shop/tickets', JSON.stringify({ TOKEN: ticket.value, LABEL: ticket.parts?.['label'] }));
  await create('keyturn/authorities/hooks', JSON.stringify(receiver.authority));
  await create('keyturn/authorities/atlassian', JSON.stringify(atlassian.authority));
  const installation = await openInstallation({ local: state, installation: 'keyturn' });
  const secretOf = (token: string) => installation.entry(token).token.secret;
  const current = async (token: string) =>
    (await local.client.send(new GetSecretValueCommand({ SecretId: secretOf(token) }))).SecretString;
  return {
    state,
    installation,
    mailchimp,
    atlassian,
    holds: () => receiver.holds(),
    current,
    labels: async (token) =>
      (await local.client.send(new DescribeSecretCommand({ SecretId: secretOf(token) }))).VersionIdsToStages ?? {},
    becomes: (token, text) =>
      until(
        async () => (await current(token)) === text && (await isQuiet(local, secretOf(token))),
        'what was given is current',
        60,
      ),
    written: () => [...told, ...filesIn(join(state, 'history')).map((file) => readFileSync(file, 'utf8'))].join('\n'),
    async close() {
      await local.close();
      for (const server of servers) server.close();
      rmSync(state, { recursive: true, force: true });
    },
  };
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map(({ parentPath, name }) => join(parentPath, name));
}
