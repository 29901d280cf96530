import { observe, olderVersions, spread } from './copies.ts';
import { settle } from './judge.ts';
import { current } from './labels.ts';
import { markFor } from './mark.ts';
import type { OpenToken } from './open-token.ts';
import type { StoredVersion } from './ports.ts';
import { refOf } from './ref.ts';
import { beforePromotion } from './restarts.ts';
import { type Job, readCurrent, readPending } from './step.ts';
import { decodeStored } from './stored-value.ts';

/**
 * Step 2. The new token works, and every dependent that can have it before promotion holds it and has it in effect. Writes nowhere before the token is verified and every
 * dependent is seen to be ours. Safe to run again: what is done is found done.
 */
export async function setSecret(open: OpenToken, job: Job): Promise<'set' | 'already current'> {
  const { version, isOver } = await readPending(open, job);
  if (isOver) return 'already current';
  const before = version.labels.includes(current) ? version : await readCurrent(open, job.secretArn);
  await install(open, job, version);
  await settle(open, decodeStored(open.token.value, version.text), version.createdAt);

  const older = olderVersions(open, job.secretArn, [version.versionId, before?.versionId]);
  const versions = { secretArn: job.secretArn, wanted: version, current: before, older };
  await spread(open, await observe(open, versions, beforePromotion(open)), versions, async () => {
    await readPending(open, job); // after every wait: once AWSPENDING has left, nothing more is written
  });
  return 'set';
}

/** A value of our own choice was stored first, so that it cannot be lost; only now does the provider learn of it. */
async function install(open: OpenToken, job: Job, version: StoredVersion): Promise<void> {
  const { rotator, token } = open;
  const put = rotator.install?.bind(rotator);
  const credential = decodeStored(token.value, version.text);
  const ref = refOf(rotator.facts, version.labels, credential);
  if (put === undefined || ref === undefined) return;
  await open.withAuthority((context) => put(context, { credential, ref }, markFor(open, job)));
}
