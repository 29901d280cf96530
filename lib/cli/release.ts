import { Command } from 'commander';
import colours from 'picocolors';
import { debtOf, freeLabel, readHold, readParked, readReleased, releasedLabel } from '../engine/labels.ts';
import type { SecretState, Store } from '../engine/ports.ts';
import { seconds } from '../engine/time.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer } from './output.ts';
import { confirm } from './people.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly stillUsed?: boolean;
  readonly yes?: boolean;
}

export function releaseCommand(): Command {
  return withPlace(new Command('release'))
    .description('Takes a token off hold, and off its parking after a failure.')
    .argument('<token>', 'its name in the catalog')
    .option('--still-used', 'also let its old tokens be revoked although somebody still uses them')
    .option('--yes', 'do not ask')
    .addHelpText('after', '\nExample:\n  $ keyturn release npm-publish')
    .action(async (name: string, options: Options) => {
      const { clock, store, entry, describe } = await openInstallation(options);
      const found = entry(name);
      const state = await describe(found);
      if (options.stillUsed) {
        await confirm(`Whoever still uses an old token of ${name} will be refused. Let it be revoked?`, options);
      }
      const taken = await takeOff(store, state);
      const marked = options.stillUsed ? await mark(store, () => describe(found), seconds(clock.now())) : [];
      answer(options.json, { token: name, takenOff: taken, released: marked }, [
        taken.length + marked.length === 0
          ? `${colours.bold(name)}: was neither on hold nor parked.`
          : `${colours.green('✓')} ${colours.bold(name)}: is released.`,
        ...taken.map((label) => `  taken off: ${harmless(label)}`),
        ...marked.map((versionId) => `  version ${versionId} is revoked by a next sweep, though it may still be used`),
      ]);
    });
}

async function takeOff(store: Store, state: SecretState): Promise<readonly string[]> {
  const hold = readHold(state);
  const parked = [...state.versions].flatMap(([versionId, labels]) => {
    const label = readParked(labels)?.label;
    return label === undefined ? [] : [{ label, versionId }];
  });
  const all = [...(hold === undefined ? [] : [hold]), ...parked];
  for (const { label, versionId } of all) await store.moveLabel(state.arn, label, { from: versionId });
  return all.map(({ label }) => label);
}

/** Every old token of it, because labels do not tell which one is used. The other evidence is still asked for. */
async function mark(store: Store, describe: () => Promise<SecretState>, atSeconds: number): Promise<readonly string[]> {
  const marked: string[] = [];
  for (const versionId of debtOf(await describe())) {
    const state = await describe();
    if (readReleased(state.versions.get(versionId)) === undefined)
      await store.moveLabel(state.arn, freeLabel(state, releasedLabel, atSeconds), { to: versionId });
    marked.push(versionId);
  }
  return marked;
}
