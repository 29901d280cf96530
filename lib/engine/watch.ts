import { askForRotation } from './begin.ts';
import type { Instant } from './contract.ts';
import { asRotationError } from './errors.ts';
import { heal } from './heal.ts';
import { judge } from './judge.ts';
import { current, holderOf, readParked, underwayIn } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import { readPause } from './pauses.ts';
import type { Finding, FindingCode, Health } from './records.ts';
import { readCurrent } from './step.ts';
import { decodeStored } from './stored-value.ts';
import { verify } from './verify.ts';

/** What `verify` finds out anew each time; whatever else was found belongs to the jobs that found it. */
const verifies: readonly FindingCode[] = [
  'scope-missing',
  'scope-too-wide',
  'expiry-differs',
  'dependent-drifted',
  'dependent-foreign',
  'dependent-unreachable',
  'dependent-shadowed',
  'dependent-restarting',
  'unreadable',
];

/**
 * Looks at a token as `verify` does, puts right what it may, and writes down how the token is: a dependent that lost the current token gets it
 * again, and a current token that the provider refuses is replaced at once, not when its schedule comes. While acting is paused, or the
 * token is only observed, it only looks.
 */
export async function watch(open: OpenToken, secretArn: string): Promise<Health> {
  let health = await look(open, secretArn);
  const mayAct = open.token.mode !== 'observe' && (await readPause(open, 'waits')) === undefined;
  if (mayAct && health.verdict === 'invalid') await rollForward(open, secretArn);
  if (mayAct && health.verdict === 'valid' && health.findings.some(({ code }) => code === 'dependent-drifted')) {
    await heal(open, secretArn, { isByItself: true });
    health = await verify(open, secretArn);
  }
  await save(open, health);
  return health;
}

/** As `verify`. What stands there and is no token, or cannot be looked at as the catalog says, is itself what a person has to know. */
async function look(open: OpenToken, secretArn: string): Promise<Health> {
  try {
    return await verify(open, secretArn);
  } catch (problem) {
    const error = asRotationError(problem, 'watch');
    const state = await open.ports.store.describe(secretArn);
    const versionId = holderOf(state, current);
    if (error.ending !== 'good' || versionId === undefined) throw error;
    open.ports.log({ event: 'verify.unreadable', token: open.token.name, code: error.code, detail: error.message });
    const finding: Finding = { code: 'unreadable', about: error.code, message: error.message, fix: error.fix };
    const checkedAt = open.ports.clock.now();
    return { token: open.token.name, secretArn: state.arn, versionId, checkedAt, verdict: 'unclear', findings: [finding] };
  }
}

/** Begins a rotation, unless one is under way, a person has turned it off, or an earlier one failed for good and its back-off runs. */
async function rollForward(open: OpenToken, secretArn: string): Promise<void> {
  const { ports, token, rotator } = open;
  if (token.rotation === 'external' || rotator.facts.kind === 'assisted') return; // only a person, or something else, can
  // One answer may be a provider's bad moment; a rotation that nobody needed would be the least that follows from it.
  await ports.clock.sleep(2000);
  const version = await readCurrent(open, secretArn);
  if (version === undefined) return;
  const judgement = await judge(open, decodeStored(token.value, version.text));
  if (judgement.ok || judgement.why !== 'rejected') return;
  const state = await ports.store.describe(secretArn);
  const parked = readParked(state.versions.get(version.versionId));
  const isHeldBack = parked !== undefined && parked.untilSeconds * 1000 > ports.clock.now();
  const isOther = holderOf(state, current) !== version.versionId || underwayIn(state) !== undefined;
  if (isHeldBack || isOther || state.rotationEnabled !== true) return;
  const outcome = await askForRotation(open, state);
  ports.log({ event: 'current.refused', token: token.name, state: outcome });
}

/** Findings of other jobs stay until those take them back. A record that cannot be written is written by the next look. */
async function save({ ports, token }: OpenToken, health: Health): Promise<void> {
  try {
    const before = await ports.records.health(token.name);
    const kept = before?.findings.filter(({ code }) => !verifies.includes(code)) ?? [];
    const provenAt = (await lastProven(ports.records, token)) ?? before?.provenAt;
    const proven = provenAt === undefined ? {} : { provenAt };
    await ports.records.saveHealth({ ...health, ...proven, findings: [...health.findings, ...kept] });
  } catch (problem) {
    ports.log({ event: 'health.unsaved', token: token.name, code: asRotationError(problem, 'watch').code });
  }
}

/** Only where somebody wants it to be proven again and again. */
async function lastProven(
  records: OpenToken['ports']['records'],
  { name, drillEveryDays }: OpenToken['token'],
): Promise<Instant | undefined> {
  if (drillEveryDays === undefined) return undefined;
  const happened = await records.happened(name, 100);
  return happened.find(({ what }) => what === 'token.rotated' || what === 'drill.passed')?.at;
}

/**
 * Puts what a job found beside the token's health, in place of what it found before. Of a token that was never looked at there is nothing to put
 * it beside: the next look comes first. Whatever goes wrong, the job goes on.
 */
export async function note(
  { ports, token }: OpenToken,
  codes: readonly FindingCode[],
  findings: readonly Finding[],
): Promise<void> {
  try {
    const before = await ports.records.health(token.name);
    if (before === undefined) return;
    const kept = before.findings.filter(({ code }) => !codes.includes(code));
    if (findings.length === 0 && kept.length === before.findings.length) return;
    await ports.records.saveHealth({ ...before, findings: [...kept, ...findings] });
  } catch (problem) {
    ports.log({ event: 'health.unsaved', token: token.name, code: asRotationError(problem, 'note').code });
  }
}

/** Every token is looked at this often, at a time of its own. */
export const watchHours = 24;

/** When a token should be looked at again, as its last look tells. */
export function watchDueAt(health: Health | undefined, currentId: string | undefined): Instant | 'now' {
  if (health === undefined) return 'now';
  // Another version is current, or the provider refused this one, or did not say: that is not left for a day.
  if (health.versionId !== currentId || health.verdict === 'invalid') return 'now';
  if (health.verdict === 'limited' || health.verdict === 'unclear') return health.checkedAt + 3_600_000;
  // A start of ours that is on its way is looked at by the next sweep.
  if (health.findings.some(({ code }) => code === 'dependent-restarting')) return health.checkedAt + 600_000;
  return health.checkedAt + watchHours * 3_600_000;
}
