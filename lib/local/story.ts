import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import {
  CreateSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ResourceNotFoundException,
  RotateSecretCommand,
  UpdateSecretVersionStageCommand,
} from '@aws-sdk/client-secrets-manager';
import { fake as receiver } from '../../dependents/webhook/fake.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { readParked } from '../engine/labels.ts';
import type { Alert } from '../engine/records.ts';
import { createLedger } from '../history/history.ts';
import { registry } from '../plugin/registry.ts';
import type { DependentFake, FakeRequest } from '../testing/fake.ts';
import type { ObservedCall } from './aws-endpoint.ts';
import { createMovableClock } from './clock.ts';
import { type Consumer, startConsumer } from './consumer.ts';
import { makeFolder } from './files.ts';
import { openFolderShelf } from './folder-shelf.ts';
import { type Forge, startForge } from './forge.ts';
import { type LoopbackServer, serveOnLoopback } from './loopback.ts';
import { type Mailing, startMailing } from './mailing.ts';
import { type PlaceName, type Places, startPlaces } from './places.ts';
import { secureRandom } from './secrets-manager/serve.ts';
import { createSecretsManager } from './secrets-manager/service.ts';
import { functionAccessKey, type Local, type LocalOptions, startLocal } from './start.ts';
import { ensureUser, startVerdaccio } from './verdaccio.ts';

export const tokenName = 'npm-publish';
export const secretName = 'build/npm-publish';
export const copyName = 'build/npm-copy';
export const overlapHours = 24;
/** A token of the second provider that is rotated, and one that was there before and is only looked at. */
export const deployToken = { name: 'web-deploy', secret: 'web/deploy' } as const;
export const observedToken = { name: 'web-metrics', secret: 'web/metrics' } as const;
/** A token that only people make, and whose people are not engineers. */
export const assistedToken = { name: 'newsletter', secret: 'marketing/newsletter' } as const;
/** A token with six places, each of another kind: five of other vendors, and last a secret of ours. */
export const releaseToken = { name: 'web-release', secret: 'web/release', lastPlace: 'shop copy' } as const;
const releaseCopy = 'web/release-copy';
export const dependentNames = ['build copy', 'ci hook', 'docs robot'] as const;
const authorityName = 'keyturn/authorities/npm-registry';
const user = 'ci-bot';
const field = 'NPM_TOKEN';

/** A real registry, real handlers, three places that keep a copy, and a consumer that never pauses. */
export interface Story {
  readonly local: Local;
  readonly registryUrl: string;
  readonly consumer: Consumer;
  readonly secretArn: string;
  /** The second provider, the provider of what is only observed, and that of the token with six places. */
  readonly forge: Forge;
  readonly observedForge: Forge;
  /** The provider whose tokens only people make. */
  readonly mailing: Mailing;
  /** What the place of its token hands to those who use it. */
  newsletterHolds(): string | undefined;
  readonly releaseForge: Forge;
  readonly places: Places;
  /** Calls by the functions that changed something about the observed secret. */
  observedWrites(): number;
  /** What people were told of and is not over. */
  alerts(): Promise<readonly Alert[]>;
  /** The text of a secret under a label. */
  textOf(secret: string, label?: string): Promise<string | undefined>;
  /** How many calls about the rotated secret the functions have made so far. */
  functionCalls(): number;
  /** The token in a version of the secret; undefined where there is none. */
  tokenAt(which: { label: string } | { versionId: string }): Promise<string | undefined>;
  labels(): Promise<Readonly<Record<string, readonly string[]>>>;
  /** What the registry says to a token: 200 only where it names the user, 403 for a revoked one. */
  ask(token: string): Promise<number>;
  /** What each dependent hands to those who use it. */
  held(): Promise<Readonly<Record<(typeof dependentNames)[number], string | undefined>>>;
  /** The same of the six places of the other token. */
  heldBySix(): Promise<Readonly<Record<PlaceName | typeof releaseToken.lastPlace, string | undefined>>>;
  rotate(): Promise<void>;
  /** The last dependent refuses every new token from now on, or takes them again. */
  breakDependent(isBroken: boolean): void;
  isBroken(): boolean;
  /** Ends the back-off after a failure: the token may be rotated at once. */
  release(secret?: string): Promise<void>;
  close(): Promise<void>;
}

export async function startStory(
  options: Pick<LocalOptions, 'stateFolder' | 'onEvent' | 'onLetter' | 'onLog' | 'intercept' | 'port'> & {
    readonly onProgress?: (what: string) => void;
  },
): Promise<Story> {
  const { stateFolder, onProgress = () => {} } = options;
  const closing: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (const end of closing.splice(0).reverse()) await end();
  };
  try {
    return await open();
  } catch (error) {
    await close();
    throw error;
  }

  async function open(): Promise<Story> {
    makeFolder(stateFolder);
    const clock = createMovableClock(stateFolder);
    onProgress('Starting a real Verdaccio');
    const registryServer = await startVerdaccio({
      folder: join(stateFolder, 'verdaccio'),
      clockFile: join(stateFolder, 'clock.json'),
    });
    closing.push(registryServer.close);

    onProgress('Starting the places that keep a copy');
    const random = (characters: number) => randomBytes(characters).toString('hex').slice(0, characters);
    const world = { now: () => clock.now(), random, secretsManager: createSecretsManager({ clock, random: secureRandom }) };
    const hook = receiver(world);
    const robot = receiver(world);
    let isBroken = false;
    const newsletter = receiver(world);
    const never = () => false;
    const hooks = await serveAll([breakable(hook, never), breakable(robot, () => isBroken), breakable(newsletter, never)]);
    for (const server of hooks) closing.push(server.close);

    const forge = await startForge(world, join(stateFolder, 'forge.json'));
    const observedForge = await startForge(world, join(stateFolder, 'observed-forge.json'));
    const mailing = await startMailing(world, join(stateFolder, 'mailing.json'));
    const releaseForge = await startForge(world, join(stateFolder, 'release-forge.json'));
    closing.push(forge.close, observedForge.close, mailing.close, releaseForge.close);
    const places = await startPlaces(world, join(stateFolder, 'places.json'));
    closing.push(places.close);

    onProgress('Bundling and starting the rotation function');
    const catalogFolder = join(stateFolder, 'catalog');
    writeCatalog(catalogFolder, registryServer.url, hooks);
    writeForgeCatalog(catalogFolder, { forge, observedForge, releaseForge, places });
    writeMailingCatalog(catalogFolder, mailing, `${hooks[2]?.url}/token`);
    const { catalog, problems } = await loadCatalog(catalogFolder, registry, { loopback: {} });
    if (catalog === undefined) throw new Error(`The catalog of the story has faults: ${problems[0]?.message}`);
    let calls = 0;
    let observedWrites = 0;
    const onCall = ({ service, operation, resource, info }: ObservedCall) => {
      if (service === 'secretsmanager' && resource?.includes(`:secret:${secretName}-`) && info.accessKeyId === functionAccessKey)
        calls += 1;
      const isOfObserved = service === 'secretsmanager' && resource?.includes(`:secret:${observedToken.secret}-`);
      if (isOfObserved && info.accessKeyId === functionAccessKey && !/^(Describe|Get|List)/.test(operation)) observedWrites += 1;
    };
    const loopback = { ...mailing.loopback, ...places.loopback };
    const local = await startLocal({ ...options, catalog, onCall, loopback });
    closing.push(local.close);

    const secretArn = await ensureSecrets(local, registryServer.url, hook.authority ?? {});
    await ensureForgeSecrets(local, { forge, observedForge, releaseForge, places });
    // Whoever made the first one gave it to the place, too. After a restart the place still has what it had.
    await ensure(local, assistedToken.secret, mailing.makeByHand);
    newsletter.tamper((await readSecret(local, assistedToken.secret, {})) ?? '');
    const tokenAt = async (which: { label: string } | { versionId: string }) => {
      const selector = 'label' in which ? { VersionStage: which.label } : { VersionId: which.versionId };
      const text = await readSecret(local, secretArn, selector);
      return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>)[field];
    };
    const ask = (token: string) => askRegistry(registryServer.url, token);
    const rotate = async () => {
      await local.client.send(new RotateSecretCommand({ SecretId: secretArn }));
    };
    const isEmpty = (await tokenAt({ label: 'AWSCURRENT' })) === undefined;
    if (isEmpty) onProgress('The first token is made, because the secret is empty');
    await configureRotation(local, secretArn, isEmpty);
    await until(
      async () => (await tokenAt({ label: 'AWSCURRENT' })) !== undefined && isQuiet(local, secretArn),
      'the first token was made',
      30,
    );

    const consumer = startConsumer({
      clock,
      pauseMilliseconds: 40,
      read: async () => (await tokenAt({ label: 'AWSCURRENT' })) ?? '',
      use: async (token) => (await ask(token)) === 200,
    });
    closing.push(consumer.stop);
    return {
      local,
      registryUrl: registryServer.url,
      consumer,
      secretArn,
      forge,
      observedForge,
      mailing,
      newsletterHolds: () => newsletter.holds(),
      releaseForge,
      places,
      observedWrites: () => observedWrites,
      alerts: () => createLedger(async () => openFolderShelf(join(stateFolder, 'history')), clock, ['gitlab']).alerts(),
      textOf: (secret, label = 'AWSCURRENT') => readSecret(local, secret, { VersionStage: label }),
      functionCalls: () => calls,
      tokenAt,
      labels: async () => (await local.client.send(new DescribeSecretCommand({ SecretId: secretArn }))).VersionIdsToStages ?? {},
      ask,
      async held() {
        return { 'build copy': await copyIn(local, copyName), 'ci hook': hook.holds(), 'docs robot': robot.holds() };
      },
      heldBySix: async () => ({ ...places.held(), [releaseToken.lastPlace]: await copyIn(local, releaseCopy) }),
      rotate,
      breakDependent(broken) {
        isBroken = broken;
      },
      isBroken: () => isBroken,
      async release(secret = secretArn) {
        const { VersionIdsToStages = {} } = await local.client.send(new DescribeSecretCommand({ SecretId: secret }));
        for (const [versionId, labels] of Object.entries(VersionIdsToStages)) {
          const parked = readParked(labels);
          if (parked === undefined) continue;
          const move = { SecretId: secret, VersionStage: parked.label, RemoveFromVersionId: versionId };
          await local.client.send(new UpdateSecretVersionStageCommand(move));
        }
      },
      close,
    };
  }
}

/** Waits for something that comes about by itself; says so when it does not. */
export async function until(isTrue: () => Promise<boolean>, what: string, timeoutSeconds = 12): Promise<void> {
  const deadline = Date.now() + timeoutSeconds * 1000;
  while (!(await isTrue())) {
    if (Date.now() > deadline) throw new Error(`it did not come about within ${timeoutSeconds} seconds that ${what}`);
    await setTimeout(50);
  }
}

/** No rotation is under way. */
export async function isQuiet(local: Local, secretArn: string): Promise<boolean> {
  const { VersionIdsToStages = {} } = await local.client.send(new DescribeSecretCommand({ SecretId: secretArn }));
  return !Object.values(VersionIdsToStages).some((labels) => labels.includes('AWSPENDING'));
}

/** Success is that the registry names the user: a token that it does not know gets a friendly 200, and no name. */
async function askRegistry(url: string, token: string): Promise<number> {
  const response = await fetch(`${url}/-/whoami`, { headers: { authorization: `Bearer ${token}` } });
  const body = (await response.json()) as { username?: string };
  return response.status === 200 && body.username !== user ? 401 : response.status;
}

async function ensureSecrets(local: Local, registryUrl: string, webhookAuthority: object): Promise<string> {
  await ensure(local, authorityName, JSON.stringify({ user, password: randomBytes(18).toString('base64url') }));
  const { password } = JSON.parse((await readSecret(local, authorityName, {})) ?? '{}') as { password: string };
  await ensureUser(registryUrl, user, password);
  await ensure(local, 'keyturn/authorities/hooks', JSON.stringify(webhookAuthority));
  await ensure(local, copyName, JSON.stringify({ REGISTRY: 'the fields beside the copy are not touched' }));
  const arn = await ensure(local, secretName, undefined);
  return arn;
}

/** As a deployment does it: the schedule is set, and nothing that works is rotated for it. */
async function configureRotation(local: Local, secretArn: string, isEmpty: boolean): Promise<void> {
  const settings = {
    SecretId: secretArn,
    RotationLambdaARN: local.functionArn('npm-registry'),
    RotationRules: { ScheduleExpression: 'rate(30 days)' },
    RotateImmediately: isEmpty,
  };
  // After a restart in the middle of a rotation it stands already, and the rotation goes on by itself.
  await local.client.send(new RotateSecretCommand(settings)).catch(() => {});
}

/** What the tokens of the second provider are played with. */
type Forges = Pick<Story, 'forge' | 'observedForge' | 'releaseForge' | 'places'>;

/** The rotated ones are filled when somebody asks for them first; the observed one has had its token for long. */
async function ensureForgeSecrets(local: Local, { forge, observedForge, releaseForge, places }: Forges): Promise<void> {
  await ensure(local, 'keyturn/authorities/forge', JSON.stringify(forge.authority));
  await ensure(local, 'keyturn/authorities/observed-forge', JSON.stringify(observedForge.authority));
  await ensure(local, 'keyturn/authorities/release-forge', JSON.stringify(releaseForge.authority));
  for (const [name, authority] of Object.entries(places.authorities)) await ensure(local, name, JSON.stringify(authority));
  await ensure(local, releaseCopy, '{}');
  await ensure(local, deployToken.secret, undefined);
  await ensure(local, releaseToken.secret, undefined);
  await ensure(local, observedToken.secret, observedForge.makeByHand());
}

async function ensure(local: Local, name: string, value: string | undefined | (() => string)): Promise<string> {
  try {
    return (await local.client.send(new DescribeSecretCommand({ SecretId: name }))).ARN ?? name;
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException)) throw error;
    const text = value === undefined ? {} : { SecretString: typeof value === 'string' ? value : value() };
    return (await local.client.send(new CreateSecretCommand({ Name: name, ...text }))).ARN ?? name;
  }
}

async function readSecret(local: Local, name: string, selector: object): Promise<string | undefined> {
  try {
    return (await local.client.send(new GetSecretValueCommand({ SecretId: name, ...selector }))).SecretString;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

/** The field of a secret that keeps a copy beside others. */
async function copyIn(local: Local, secret: string): Promise<string | undefined> {
  const text = await readSecret(local, secret, {});
  return text === undefined ? undefined : (JSON.parse(text) as Record<string, string>)[field];
}

function breakable(fake: DependentFake, isBroken: () => boolean) {
  const { handle = () => ({ status: 404 }) } = fake;
  return {
    handle: (request: FakeRequest) => (isBroken() && request.body.includes('secret.rotated') ? { status: 422 } : handle(request)),
  };
}

async function serveAll(standIns: readonly Parameters<typeof serveOnLoopback>[0][]): Promise<readonly LoopbackServer[]> {
  return Promise.all(standIns.map(serveOnLoopback));
}

function writeCatalog(folder: string, registryUrl: string, hooks: readonly LoopbackServer[]): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(
    join(folder, 'keyturn.yaml'),
    `version: 1
people:
  ada: { name: Ada Nordin, email: ada@example.com }
  grace: { name: Grace Okoye, email: grace@example.com }
  mina: { name: Mina Castellanos, email: mina@example.com }
  jonas: { name: Jonas Weber, email: jonas@example.com }
teams:
  marketing: { name: Marketing, email: marketing@example.com, members: [mina, jonas] }
defaults:
  overlapHours: ${overlapHours}
  schedule: { everyDays: 30 }
`,
  );
  writeFileSync(
    join(folder, `${tokenName}.yaml`),
    `description: Lets the build robot put packages on the company's own registry.
stopsWhenItFails: Nothing new can be released until the robot has a working token again.
owner: ada
backup: grace
account:
  signIn: https://registry.example.com/
  administrator: ada
  secondFactor: none
  recovery: Grace can reset the robot's password on the registry's machine.
provider: npm-registry
scope: { registryUrl: "${registryUrl}", user: ${user} }
authority: ${authorityName}
secret: ${secretName}
value: { format: json, fields: { value: ${field} } }
exclusive: true
dependents:
  - name: build copy
    kind: aws-secrets-manager-secret
    target: { secret: ${copyName}, field: ${field} }
  - name: ci hook
    kind: webhook
    target: { url: "${hooks[0]?.url}/token", sends: value, answers: fingerprint }
    authority: keyturn/authorities/hooks
  - name: docs robot
    kind: webhook
    target: { url: "${hooks[1]?.url}/token", sends: value }
    authority: keyturn/authorities/hooks
consumers:
  - { name: release pipeline, cacheHours: 1 }
`,
  );
}

function writeForgeCatalog(folder: string, { forge, observedForge, releaseForge, places }: Forges): void {
  const entry = (
    url: string,
    authority: string,
    secret: string,
    more: string,
  ) => `description: Lets the web team's pipeline look at its project.
stopsWhenItFails: Nothing new is deployed.
owner: ada
backup: grace
account:
  signIn: https://forge.example.com/
  administrator: ada
  secondFactor: none
  recovery: Grace is a maintainer of the project, too.
provider: gitlab
scope: { apiUrl: "${url}/api/v4", level: project, id: acme/web, accessLevel: developer, scopes: [read_api] }
authority: ${authority}
secret: ${secret}
${more}`;
  const write = (name: string, text: string) => writeFileSync(join(folder, `${name}.yaml`), text);
  write(
    deployToken.name,
    entry(forge.url, 'keyturn/authorities/forge', deployToken.secret, 'quietHours: 6\nexpect: { scopes: [read_api] }\n'),
  );
  write(
    observedToken.name,
    entry(observedForge.url, 'keyturn/authorities/observed-forge', observedToken.secret, 'adopt: true\n'),
  );
  const copy = { name: releaseToken.lastPlace, kind: 'aws-secrets-manager-secret', target: { secret: releaseCopy, field } };
  write(
    releaseToken.name,
    entry(
      releaseForge.url,
      'keyturn/authorities/release-forge',
      releaseToken.secret,
      // JSON is YAML, too.
      `dependents: ${JSON.stringify([...places.entries, copy], undefined, 2)}\n`,
    ),
  );
}

function writeMailingCatalog(folder: string, mailing: Mailing, place: string): void {
  writeFileSync(
    join(folder, `${assistedToken.name}.yaml`),
    `description: Lets the shop put new customers on the list of the newsletter.
stopsWhenItFails: New customers are not on the list, and get no newsletter.
owner: mina
backup: jonas
team: marketing
account:
  signIn: https://login.mailchimp.com/
  administrator: mina
  secondFactor: none
  recovery: Jonas is an admin of the account, too.
provider: mailchimp
scope: ${JSON.stringify(mailing.scope)}
secret: ${assistedToken.secret}
schedule: { everyDays: 90 }
dependents:
  - name: shop
    kind: webhook
    target: { url: "${place}", sends: value, answers: fingerprint }
    authority: keyturn/authorities/hooks
runbook: |
  In this story a stand-in takes Mailchimp's place. Its page with the keys is \`${mailing.url}\`.
`,
  );
}
