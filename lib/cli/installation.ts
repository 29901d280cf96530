import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Command } from 'commander';
import { createAsker } from '../aws/invoker.ts';
import { createSecretsManagerStore } from '../aws/secrets-manager-store.ts';
import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { providersOf } from '../catalog/compile.ts';
import { formatProblems } from '../catalog/format-problems.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import { didYouMean } from '../catalog/wording.ts';
import { RotationError } from '../engine/errors.ts';
import type { Clock, SecretState } from '../engine/ports.ts';
import type { Ledger } from '../engine/records.ts';
import { createLedger } from '../history/history.ts';
import type { Shelf } from '../history/shelf.ts';
import { createMovableClock } from '../local/clock.ts';
import { readJson } from '../local/files.ts';
import { openFolderShelf } from '../local/folder-shelf.ts';
import { addressFile, type LocalAddress, region as localRegion } from '../local/start.ts';
import { functionArnOf } from '../operations/function-arn.ts';
import type { Installation } from '../operations/installation.ts';
import { registry } from '../plugin/registry.ts';

/** Where a command acts: the options that all of them share. */
export interface Place {
  readonly catalog?: string;
  readonly local?: string | true;
  readonly region?: string;
  readonly profile?: string;
  readonly installation: string;
  readonly json?: boolean;
}

export function withPlace(command: Command): Command {
  return command
    .option('--catalog <folder>', 'the folder of the catalog (default: catalog; with --local that of the story)')
    .option('--local [folder]', 'act on what `keyturn local` serves, with this state folder (default: .keyturn)')
    .option('--region <region>', 'the region (default: as for every AWS tool)')
    .option('--profile <profile>', 'the profile of your AWS settings')
    .option('--installation <name>', 'the prefix that it was deployed with', 'keyturn')
    .option('--json', 'print one JSON document');
}

/** Of what `keyturn local` serves; undefined on AWS. */
function stateFolderOf({ local }: Place): string | undefined {
  return local === undefined ? undefined : resolve(local === true ? '.keyturn' : local);
}

/** The catalog alone: nobody is asked, and nobody need be signed in. */
export async function openWritten(place: Place): Promise<Pick<Installation, 'catalog' | 'clock' | 'entry'>> {
  const stateFolder = stateFolderOf(place);
  const catalog = await openCatalog(place.catalog ?? (stateFolder === undefined ? 'catalog' : join(stateFolder, 'catalog')));
  const clock = stateFolder === undefined ? realClock : createMovableClock(stateFolder);
  return { catalog, clock, entry: (name) => find(catalog, name) };
}

export async function openInstallation(place: Place): Promise<Installation> {
  const stateFolder = stateFolderOf(place);
  const { catalog, clock, entry } = await openWritten(place);
  const configuration = stateFolder === undefined ? onAws(place) : onLoopback(stateFolder);
  const client = new SecretsManagerClient(configuration);
  await assertSignedIn(client);
  const once = new SecretsManagerClient({ ...configuration, maxAttempts: 1 });
  const store = createSecretsManagerStore({ client, once }, clock);
  // A function may work for minutes, and asking twice would be doing twice.
  const lambda = new LambdaClient({ ...configuration, maxAttempts: 1, requestHandler: { requestTimeout: 900_000 } });
  const askFunction = createAsker(lambda);
  return {
    catalog,
    clock,
    store,
    ledger: openLedger(stateFolder, place, clock, providersOf(catalog)),
    entry,
    describe: ({ token }) => store.describe(token.secret),
    functionArn: (entry, state) => functionArnOf(place.installation, entry, state),
    async ask<Answer>({ token }: CatalogEntry, state: SecretState, event: { readonly Job: string }) {
      const ending = `-rotate-${token.provider}`;
      const configured = state.rotationFunctionArn?.endsWith(ending) ? state.rotationFunctionArn : undefined;
      const functionName = configured ?? `${place.installation}${ending}`;
      return (await askFunction(functionName, { ...event, SecretId: state.arn })) as Answer;
    },
  };
}

/** The one place that decides where records are kept: in the folder of a laptop, or in the table of the installation. */
function openLedger(stateFolder: string | undefined, place: Place, clock: Clock, providers: readonly string[]): Ledger {
  const open = async (): Promise<Shelf> => {
    if (stateFolder !== undefined) return openFolderShelf(join(stateFolder, 'history'));
    const { openDynamoShelfOf } = await import('../aws/dynamo-shelf.ts');
    return openDynamoShelfOf(onAws(place), `${place.installation}-history`);
  };
  return createLedger(open, clock, providers);
}

async function openCatalog(folder: string): Promise<Catalog> {
  // Nobody's address is called here, so that one on this machine is no fault.
  const { catalog, problems } = await loadCatalog(folder, registry, { loopback: {} });
  if (catalog === undefined) throw new Error(`The catalog has faults.\n${formatProblems(problems, { colour: false })}`);
  return catalog;
}

function find({ entries }: Catalog, name: string): CatalogEntry {
  const entry = entries.find(({ token }) => token.name === name);
  if (entry !== undefined) return entry;
  const names = entries.map(({ token }) => token.name);
  const near = didYouMean(name, names);
  throw new RotationError('catalog', 'keyturn: there is no token of this name in the catalog', {
    fix: near === undefined ? 'Run `keyturn status` for the names.' : `Did you mean \`${near}\`?`,
    definite: true,
  });
}

const realClock: Clock = {
  now: () => Date.now(),
  sleep: async (milliseconds) => {
    await setTimeout(milliseconds);
  },
};

export function onAws({ region, profile }: Place) {
  return { ...(region === undefined ? {} : { region }), ...(profile === undefined ? {} : { profile }) };
}

function onLoopback(stateFolder: string) {
  const address = readJson(join(stateFolder, addressFile)) as LocalAddress | undefined;
  if (address === undefined) {
    throw new RotationError('unavailable', `keyturn: nothing was ever served with the state folder ${stateFolder}`, {
      fix: 'Run `keyturn local` in another terminal, or name its folder behind --local.',
      definite: true,
    });
  }
  return {
    region: localRegion,
    endpoint: address.url,
    credentials: { accessKeyId: 'AKIAVISITOR', secretAccessKey: 'local' },
  };
}

async function assertSignedIn(client: SecretsManagerClient): Promise<void> {
  const missing = (what: string, fix: string) => () => {
    throw new RotationError('refused', `keyturn: AWS knows no ${what} here`, { fix, definite: true });
  };
  await client.config.region().catch(missing('region', 'Name one with --region, or set AWS_REGION.'));
  await client.config.credentials().catch(missing('credentials', 'Sign in, or name a profile with --profile.'));
}
