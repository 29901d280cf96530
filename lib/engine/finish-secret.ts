import { configurationOf } from './configuration.ts';
import { restartReaders } from './copies.ts';
import { RotationError } from './errors.ts';
import { settle } from './judge.ts';
import { current, debtOf, holderOf, isPasted, readSince } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState } from './ports.ts';
import { assertWritable, isCurrent, type Job, readPending, tellQuietly } from './step.ts';
import { decodeStored, holdSame } from './stored-value.ts';

/**
 * Step 4. Promotes the pending token by a compare-and-swap of AWSCURRENT, and then starts anew whoever reads the secret itself. It verifies once more, because nothing
 * durable says that the test passed. AWSPENDING is left where it is: taking it off is AWS's affair.
 */
export async function finishSecret(open: OpenToken, job: Job): Promise<'promoted' | 'already current'> {
  const outcome = await promote(open, job);
  await restartReaders(open, job.secretArn, job.clientRequestToken);
  return outcome;
}

async function promote(open: OpenToken, job: Job): Promise<'promoted' | 'already current'> {
  const { store } = open.ports;
  const state = await store.describe(job.secretArn);
  if (isCurrent(state, job.clientRequestToken)) return 'already current';
  assertWritable(open, state, job);
  const { version } = await readPending(open, job);
  await settle(open, decodeStored(open.token.value, version.text), version.createdAt);

  const from = holderOf(state, current);
  // Current again after a roll-back, it still wears the stamp of its first retirement: its overlap must begin anew.
  const stamp = readSince(state.versions.get(from ?? ''));
  if (from !== undefined && stamp !== undefined) await store.moveLabel(state.arn, stamp.label, { from });
  if (from !== undefined && isPasted(state, current)) await forgetStampsOfSame(open, state, from);
  const outcome = await store.moveLabel(state.arn, current, {
    to: job.clientRequestToken,
    ...(from === undefined ? {} : { from }),
  });
  if (outcome === 'lost') {
    if (isCurrent(await store.describe(state.arn), job.clientRequestToken)) return 'already current';
    throw new RotationError('conflict', `${open.token.name}: AWSCURRENT was moved by somebody else during the last step`, {
      fix: 'Nothing to do: the next attempt looks at what is current then.',
      definite: true,
    });
  }
  await open.ports.history.saveFailures(state.arn, 0).catch(() => {}); // only a shorter back-off is lost
  const { name, overlapHours } = open.token;
  const message = `${name}: the new token is current; the old one goes on working for ${overlapHours} hours`;
  const rotated = { what: 'token.rotated', secretArn: state.arn, versionId: job.clientRequestToken, message } as const;
  await tellQuietly(open, rotated, { proves: configurationOf(open.token) });
  return 'promoted';
}

/**
 * What a person had put in again is the same token as one that was superseded before: it was in use until now, so that a stamp of then would end its
 * overlap too early.
 */
async function forgetStampsOfSame({ ports, token }: OpenToken, state: SecretState, from: string): Promise<void> {
  const { store } = ports;
  const inUse = await store.read(state.arn, { versionId: from });
  for (const versionId of inUse === undefined ? [] : debtOf(state)) {
    const stamp = readSince(state.versions.get(versionId));
    const version = stamp && (await store.read(state.arn, { versionId }));
    if (stamp && version && inUse && holdSame(token.value, inUse.text, version.text))
      await store.moveLabel(state.arn, stamp.label, { from: versionId });
  }
}
