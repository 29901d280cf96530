import type { CatalogEntry } from '../catalog/catalog.ts';
import { RotationError } from '../engine/errors.ts';
import {
  current,
  debtOf,
  freeLabel,
  holderOf,
  holdLabel,
  readHold,
  readParked,
  readReleased,
  releasedLabel,
} from '../engine/labels.ts';
import { seconds } from '../engine/time.ts';
import type { Installation } from './installation.ts';
import { Refusal } from './refusal.ts';

/** Keeps every old token of this one alive until it is released. One that is on hold already stays as it is. */
export async function hold(
  { clock, store, describe }: Installation,
  entry: CatalogEntry,
  why: string,
): Promise<{ readonly since: number; readonly why: string; readonly already: boolean }> {
  const { name } = entry.token;
  const state = await describe(entry);
  const already = readHold(state);
  if (already !== undefined) return { since: already.sinceSeconds * 1000, why: already.why, already: true };
  const at = seconds(clock.now());
  const label = holdLabel(at, why);
  const versionId = holderOf(state, current) ?? debtOf(state)[0];
  if (label === undefined)
    throw new Refusal('The reason is too long: it has to fit into a label of 256 characters, a space being three of them.');
  if (versionId === undefined) {
    throw new RotationError('absent', `${name}: has no token yet that could be held`, {
      fix: `Run \`keyturn rotate ${name}\` first.`,
    });
  }
  await store.moveLabel(state.arn, label, { to: versionId });
  return { since: at * 1000, why, already: false };
}

/** Takes a token off hold and off its parking. With `stillUsed` its old tokens may be revoked although somebody uses them. */
export async function release(
  installation: Installation,
  entry: CatalogEntry,
  { stillUsed = false }: { readonly stillUsed?: boolean | undefined } = {},
): Promise<{ readonly takenOff: readonly string[]; readonly released: readonly string[] }> {
  const takenOff = await takeOff(installation, entry);
  return { takenOff, released: stillUsed ? await markReleased(installation, entry) : [] };
}

async function takeOff({ store, describe }: Installation, entry: CatalogEntry): Promise<readonly string[]> {
  const state = await describe(entry);
  const held = readHold(state);
  const parked = [...state.versions].flatMap(([versionId, labels]) => {
    const label = readParked(labels)?.label;
    return label === undefined ? [] : [{ label, versionId }];
  });
  const all = [...(held === undefined ? [] : [held]), ...parked];
  for (const { label, versionId } of all) await store.moveLabel(state.arn, label, { from: versionId });
  return all.map(({ label }) => label);
}

/** Every old token of it, because labels do not tell which one is used. The other evidence is still asked for. */
async function markReleased({ clock, store, describe }: Installation, entry: CatalogEntry): Promise<readonly string[]> {
  const atSeconds = seconds(clock.now());
  const marked: string[] = [];
  for (const versionId of debtOf(await describe(entry))) {
    const state = await describe(entry);
    if (readReleased(state.versions.get(versionId)) === undefined)
      await store.moveLabel(state.arn, freeLabel(state, releasedLabel, atSeconds), { to: versionId });
    marked.push(versionId);
  }
  return marked;
}
