import { randomUUID } from 'node:crypto';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Pause } from '../engine/records.ts';
import { type Installation, pausesOf } from './installation.ts';
import { statusOf } from './token-status.ts';

/** What a rotation came to, in words. */
export interface Outcome {
  readonly token: string;
  readonly outcome: 'promoted' | 'failed' | 'underway' | 'refused';
  readonly versionId?: string;
  readonly code?: string;
  readonly message: string;
  readonly next: string;
}

/**
 * Asks Secrets Manager for a rotation. Everything that would make it useless is told before; `confirm` throws where a person does not want what
 * else it would do.
 */
export async function beginRotation(
  installation: Installation,
  entry: CatalogEntry,
  confirm: (question: string) => Promise<void>,
): Promise<Outcome> {
  const token = entry.token.name;
  const refused = (code: string, message: string, next: string): Outcome => ({ token, outcome: 'refused', code, message, next });
  const underway = (versionId: string, message: string): Outcome => ({
    token,
    outcome: 'underway',
    versionId,
    message,
    next: `\`keyturn status ${token}\` shows how far it is; --wait stays until it is over.`,
  });
  const state = await installation.describe(entry);
  const pauses = await pausesOf(installation);
  const { parked, pause, rotating } = statusOf(entry, state, pauses, installation.clock.now());
  if (entry.token.mode === 'observe') {
    return refused('observing', 'it is only observed, so no rotation is begun', 'Set `mode: rotate` in the catalog, and deploy.');
  }
  if (state.rotationFunctionArn === undefined) {
    return refused(
      'not-ours',
      'its secret has no rotation function',
      'Deploy the catalog; a token that only a person can make is submitted.',
    );
  }
  if (pause !== undefined) {
    return refused(
      'paused',
      `it is paused by ${pause.by}: ${pause.why}`,
      `Run \`keyturn resume${argumentsFor(pause.of)}\` first.`,
    );
  }
  if (parked !== undefined) {
    return refused(
      'parked',
      `it is parked because of \`${parked.code}\``,
      `Mend the cause, run \`keyturn release ${token}\`, and rotate again.`,
    );
  }
  if (rotating !== undefined) return underway(rotating, 'a rotation was under way already');
  if (state.rotationEnabled !== true) await confirm(`The rotation of ${token} is turned off. Turn it on again by rotating?`);
  const versionId = randomUUID();
  if ((await installation.store.startRotation(state.arn, versionId)) === 'started')
    return underway(versionId, 'the rotation has begun');
  return refused('conflict', 'Secrets Manager does not begin a rotation now', `See \`keyturn status ${token}\`, and try again.`);
}

/** What stands behind `keyturn resume` for a pause. */
export function argumentsFor(of: Pause['of']): string {
  const [kind, name] = of.split(':');
  return name === undefined ? '' : ` --${kind} ${name}`;
}
