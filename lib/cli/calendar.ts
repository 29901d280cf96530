import { writeFileSync } from 'node:fs';
import { LambdaClient } from '@aws-sdk/client-lambda';
import { Command, Option } from 'commander';
import colours from 'picocolors';
import { type FeedOwner, feedAddress, feedText } from '../alerts/feed.ts';
import { servedFunction } from '../aws/function-address.ts';
import type { Catalog } from '../catalog/catalog.ts';
import { compileIndex } from '../catalog/compile.ts';
import { RotationError } from '../engine/errors.ts';
import type { Secret } from '../engine/secret.ts';
import type { Installation } from '../operations/installation.ts';
import { knownOf } from '../operations/material.ts';
import { Refusal } from '../operations/refusal.ts';
import { onAws, openInstallation, type Place, withPlace } from './installation.ts';
import { answer } from './output.ts';

interface Options extends Place {
  readonly person?: string;
  readonly team?: string;
  readonly out?: string;
  readonly address?: boolean;
}

export function calendarCommand(): Command {
  return withPlace(new Command('calendar'))
    .description('Writes a calendar (.ics) of when the tokens of a person or a team are rotated, fall due and expire.')
    .addOption(new Option('--person <id>', 'the tokens that they own or are the backup of').conflicts('team'))
    .option('--team <id>', 'the tokens of a team')
    .option('--out <file>', 'where it is written (default: it is printed)')
    .addOption(
      new Option('--address', 'prints where a calendar program fetches it by itself: whoever has the address reads it').conflicts(
        ['out', 'local'],
      ),
    )
    .addHelpText('after', '\nExample:\n  $ keyturn calendar --person ada-lovelace --out tokens.ics')
    .action(run);
}

async function run(options: Options): Promise<void> {
  const installation = await openInstallation(options);
  const owner = ownerOf(installation.catalog, options);
  const index = compileIndex(installation.catalog);
  if (options.address) {
    const { url, key } = await servedBy(installation, options);
    const address = feedAddress(url, key, index, owner);
    if (address === undefined) throw new Refusal(`${owner.id} has left, or has to do with no token, so there is no calendar.`);
    return answer(options.json, { ...owner, address }, [
      address,
      colours.dim(
        '  Whoever has this address reads the calendar: give it to nobody else. `feedVersion` in the catalog makes it worthless.',
      ),
    ]);
  }
  const text = await feedText(
    {
      index,
      store: installation.store,
      healths: async () => (await knownOf(installation)).healths,
      now: installation.clock.now(),
    },
    owner,
  );
  if (options.out !== undefined) writeFileSync(options.out, text);
  if (options.json) answer(true, { ...owner, calendar: text }, []);
  else if (options.out === undefined) process.stdout.write(text);
}

/** The function that answers calendars, and the key of its addresses. */
async function servedBy({ store }: Installation, place: Options): Promise<{ readonly url: string; readonly key: Secret }> {
  const served = await servedFunction(new LambdaClient(onAws(place)), `${place.installation}-calendar`);
  const keyId = served?.environment['KEYTURN_CALENDAR_KEY'];
  if (served === undefined || keyId === undefined) {
    throw new Refusal(
      'This installation serves no calendars. Deploy it with `-c keyturn:calendarFeed=true`, or write a file with --out.',
    );
  }
  const stored = await store.read(keyId, { label: 'AWSCURRENT' });
  if (stored !== undefined) return { url: served.url, key: stored.text };
  throw new RotationError('absent', 'keyturn: the key of the calendars has no value', {
    fix: 'Deploy again: the key is made with the deployment.',
    definite: true,
  });
}

function ownerOf({ people, teams }: Catalog, { person, team }: Options): FeedOwner {
  const owner: FeedOwner | undefined =
    person === undefined ? (team === undefined ? undefined : { kind: 'team', id: team }) : { kind: 'person', id: person };
  if (owner === undefined) throw new Refusal('Say whose it is: --person <id> or --team <id>.');
  const all = owner.kind === 'person' ? people : teams;
  if (all.has(owner.id)) return owner;
  throw new Refusal(`The catalog has no ${owner.kind} of this id. There are: ${[...all.keys()].join(', ')}.`);
}
