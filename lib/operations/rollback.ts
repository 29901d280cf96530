import type { CatalogEntry } from '../catalog/catalog.ts';
import { RotationError } from '../engine/errors.ts';
import type { Healed } from '../engine/heal.ts';
import { compromised, current, holderOf, previous, readOurLabel } from '../engine/labels.ts';
import type { SecretState } from '../engine/ports.ts';
import type { Installation } from './installation.ts';
import { statusOf } from './token-status.ts';

/** From which version back to which. */
export interface Move {
  readonly from: string;
  readonly to: string;
}

/** From labels alone: whether there is something to go back to. Throws what stands against it. */
export function planRollback({ clock }: Installation, entry: CatalogEntry, state: SecretState): Move {
  const { name, mode } = entry.token;
  const [from, to] = [holderOf(state, current), holderOf(state, previous)];
  const labels = state.versions.get(to ?? '') ?? [];
  const { rotating } = statusOf(entry, state, [], clock.now());
  if (mode === 'observe')
    throw refusal('observing', `${name}: is only observed`, 'Move the labels in the AWS console, as its owner does.');
  if (rotating !== undefined) {
    throw refusal('conflict', `${name}: a rotation is under way`, `Wait until \`keyturn status ${name}\` shows that it is over.`);
  }
  if (from === undefined || to === undefined || from === to) {
    throw refusal('absent', `${name}: has no previous token`, `Run \`keyturn rotate ${name}\` for a new one.`);
  }
  if (labels.includes(compromised)) {
    throw refusal(
      'rejected',
      `${name}: the previous token is in the wrong hands`,
      `Run \`keyturn rotate ${name}\` for a new one.`,
    );
  }
  if (readOurLabel(labels) === undefined) {
    throw refusal(
      'rejected',
      `${name}: the previous token was revoked, or was never ours`,
      `Run \`keyturn rotate ${name}\` for a new one; a value put in by hand is put back by hand.`,
    );
  }
  return { from, to };
}

/** Asks the provider whether a version still works, and throws if it does not. */
export async function assertWorks(
  installation: Installation,
  entry: CatalogEntry,
  state: SecretState,
  versionId: string,
): Promise<void> {
  const { works, detail } = await installation.ask<{ works: boolean; detail?: string }>(entry, state, {
    Job: 'try',
    VersionId: versionId,
  });
  if (works) return;
  throw refusal(
    'rejected',
    `${entry.token.name}: the previous token works no more${detail === undefined ? '' : `: ${detail}`}`,
    `Run \`keyturn rotate ${entry.token.name}\` for a new one.`,
  );
}

/** The old token may be revoked in the moment in which it is made current: then the labels go back, and nothing has happened. */
export async function rollBack(
  { store, ask }: Installation,
  entry: CatalogEntry,
  state: SecretState,
  { from, to }: Move,
): Promise<readonly Healed[] | string> {
  if ((await store.moveLabel(state.arn, current, { from, to })) === 'lost') {
    throw refusal('conflict', `${entry.token.name}: somebody else moved its labels`, 'Look at its status, and try again.');
  }
  try {
    return await ask<readonly Healed[] | string>(entry, state, { Job: 'heal' });
  } catch (problem) {
    if (problem instanceof RotationError && problem.code === 'current-refused') {
      await store.moveLabel(state.arn, current, { from: to, to: from });
    }
    throw problem;
  }
}

function refusal(code: 'observing' | 'conflict' | 'absent' | 'rejected', message: string, fix: string): RotationError {
  return new RotationError(code, message, { fix, definite: true });
}
