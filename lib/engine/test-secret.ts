import type { Verdict } from './contract.ts';
import { awaitEffects } from './copies.ts';
import { assertDeclared } from './declared.ts';
import { RotationError } from './errors.ts';
import { judge, settle } from './judge.ts';
import { current, readOurLabel } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { StoredVersion } from './ports.ts';
import { refOf } from './ref.ts';
import { Secret } from './secret.ts';
import { type Job, readCurrent, readPending } from './step.ts';
import { decodeStored } from './stored-value.ts';

/**
 * Step 3. Writes nothing but receipts. The pending token works and is what the catalog declares, every dependent has it in effect, and
 * the token's own checks pass. Of a version that is not our doing (AWS's test run puts a copy of current there) only whether it works.
 */
export async function testSecret(open: OpenToken, job: Job): Promise<'passed' | 'verified only'> {
  const { version, isOver } = await readPending(open, job);
  if (isOver || readOurLabel(version.labels) === undefined) {
    await verifyOnly(open, job.secretArn, version);
    return 'verified only';
  }
  const verdict = await settle(open, decodeStored(open.token.value, version.text), version.createdAt);
  await assertAsDeclared(open, verdict, version);
  await awaitEffects(open, job.secretArn, version);
  await runChecks(open, version);
  return 'passed';
}

async function verifyOnly(open: OpenToken, secretArn: string, version: StoredVersion): Promise<void> {
  const judgement = await judge(open, decodeStored(open.token.value, version.text));
  if (judgement.ok || judgement.why !== 'rejected') return;
  const inUse = version.labels.includes(current) ? version : await readCurrent(open, secretArn);
  if (inUse !== undefined && !inUse.text.equals(version.text)) {
    throw new RotationError('dead-pending', `${open.token.provider}: refuses the pending token: ${judgement.detail}`, {
      fix: 'Nothing to do: AWSPENDING is taken off it, so that it blocks no rotation.',
    });
  }
  throw new RotationError('current-refused', `${open.token.provider}: refuses the current token: ${judgement.detail}`, {
    fix: `Rotate ${open.token.name} now, or put a working value into its secret by hand.`,
  });
}

async function assertAsDeclared(open: OpenToken, verdict: Extract<Verdict, { ok: true }>, version: StoredVersion): Promise<void> {
  const { rotator, token } = open;
  if (token.expect.scopes === undefined && token.expect.expiresAfterDays === undefined) return;
  const credential = decodeStored(token.value, version.text);
  const ref = refOf(rotator.facts, version.labels, credential);
  const inspect = rotator.inspect?.bind(rotator);
  const told =
    inspect && (await open.withAuthority((context) => inspect(context, { credential, ...(ref === undefined ? {} : { ref }) })));
  assertDeclared(open, verdict, told);
}

async function runChecks({ ports, token }: OpenToken, version: StoredVersion): Promise<void> {
  const { value } = decodeStored(token.value, version.text);
  for (const check of token.checks) {
    const http = ports.http(`check ${check.name}`, { api: undefined, hosts: [check.url] });
    const headers = { [check.header]: new Secret(`${check.prefix}${value.reveal()}`) };
    const { status } = await http('GET', check.url, { headers, accept: [401, 403, 404, ...check.expectStatus] });
    ports.log({ event: 'check', token: token.name, detail: check.name, state: String(status) });
    if (check.expectStatus.includes(status)) continue;
    throw new RotationError('check-failed', `check ${check.name}: answered ${status} to the new token`, {
      fix: `See why ${check.name} does not take the new token; the current one goes on working.`,
      status,
    });
  }
}
