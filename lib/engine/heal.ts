import { effectOf, type Observed, observeOne, olderVersions, receiptsOf, rewrite, rewriteAll, type Versions } from './copies.ts';
import { asRotationError, RotationError } from './errors.ts';
import { judge } from './judge.ts';
import { current, holderOf, underwayIn } from './labels.ts';
import type { OpenDependent, OpenToken } from './open-token.ts';
import type { StoredVersion } from './ports.ts';
import { objectionOf } from './probe.ts';
import { isRestarting, onlyRestarts } from './restarts.ts';
import { readCurrent } from './step.ts';
import { decodeStored } from './stored-value.ts';
import { wavesOf } from './waves.ts';

/** What became of one dependent. `would-write`: the token is only observed. `failed`: it is asked again by whoever heals the next time. */
export interface Healed {
  readonly dependent: string;
  readonly outcome: 'has it' | 'written' | 'would-write' | 'foreign' | 'failed';
  readonly why?: string;
  readonly fix?: string;
}

/**
 * Gives every dependent what is current: after a roll-back, or where one was found to hold an older token. What is foreign is left alone unless
 * the catalog says otherwise. Looks first, writes only what is wrong, and may run at any time and twice at once. While a rotation is under
 * way it does nothing, because that rotation brings its own. Throws `current-refused` where the current token itself is dead.
 */
export async function heal(
  open: OpenToken,
  secretArn: string,
  { isByItself = false }: { readonly isByItself?: boolean } = {},
): Promise<'rotating' | 'nothing current' | readonly Healed[]> {
  const state = await open.ports.store.describe(secretArn);
  if (underwayIn(state) !== undefined) return 'rotating';
  const wanted = await readCurrent(open, state.arn);
  if (wanted === undefined) return 'nothing current';
  await assertAlive(open, wanted);
  const older = olderVersions(open, state.arn, [wanted.versionId], state);
  const versions: Versions = { secretArn: state.arn, wanted, current: wanted, older };
  const healed: Healed[] = [];
  for (const dependent of wavesOf(open.dependents, ({ entry }) => entry).flat())
    healed.push(await healOne(open, dependent, versions, isByItself));
  return healed;
}

async function healOne(open: OpenToken, dependent: OpenDependent, versions: Versions, isByItself: boolean): Promise<Healed> {
  const { name, onForeign } = dependent.entry;
  try {
    const one = await observeOne(open, dependent, versions, await receiptsOf(open, versions.secretArn));
    const answered = one.standing === 'wanted' ? await answerOf(open, one, versions, isByItself) : undefined;
    if (one.standing === 'wanted' && answered === 'has it') return { dependent: name, outcome: 'has it' };
    const isStranger = one.standing === 'foreign' || answered === 'foreign';
    if (isStranger && onForeign === 'stop') return { dependent: name, outcome: 'foreign', ...leftAlone(name) };
    if (open.token.mode === 'observe') return { dependent: name, outcome: 'would-write' };
    return await write(open, one, versions, one.standing === 'wanted' ? rewriteAll : rewrite);
  } catch (problem) {
    const { code, message, fix } = asRotationError(problem, 'heal');
    open.ports.log({ event: 'heal.failed', token: open.token.name, dependent: name, code });
    return { dependent: name, outcome: 'failed', why: message, fix };
  }
}

/**
 * What whoever uses the copy says, where they can be asked; no answer is no reason to write. Where nothing is kept, whether a start has come
 * to its end, or still may; what has failed a person may begin anew at once, and a sweep only hours later.
 */
async function answerOf(
  open: OpenToken,
  one: Observed,
  versions: Versions,
  isByItself: boolean,
): Promise<'has it' | 'ours' | 'foreign'> {
  const { dependent, receipt } = one;
  if (dependent.entry.probe === undefined && !onlyRestarts(dependent)) return 'has it';
  const effect = await effectOf(open, one, dependent.copyOf(versions.wanted, versions.secretArn));
  const isLate = !isRestarting(dependent, receipt, open.ports.clock.now());
  const isLost = isLate || (effect.state === 'failed' && !isByItself);
  if (onlyRestarts(dependent) && effect.state !== 'in-effect' && !('probe' in effect) && isLost) return 'ours';
  const objection = objectionOf(effect);
  return objection === 'ours' || objection === 'foreign' ? objection : 'has it';
}

/** Labels may have moved while the places were looked at: then what was current is not written over what is. */
async function write(open: OpenToken, one: Observed, versions: Versions, how: typeof rewrite): Promise<Healed> {
  const now = await open.ports.store.describe(versions.secretArn);
  if (underwayIn(now) !== undefined || holderOf(now, current) !== versions.wanted.versionId) {
    throw new RotationError('conflict', `${open.token.name}: labels were moved while its places were looked at`, {
      fix: 'Nothing to do: whoever moved them brings the places along.',
    });
  }
  await how(open, one, versions);
  return { dependent: one.dependent.entry.name, outcome: 'written' };
}

async function assertAlive(open: OpenToken, wanted: StoredVersion): Promise<void> {
  const judgement = await judge(open, decodeStored(open.token.value, wanted.text));
  if (judgement.ok || judgement.why !== 'rejected') return;
  throw new RotationError('current-refused', `${open.token.provider}: refuses the current token: ${judgement.detail}`, {
    fix: `Rotate ${open.token.name}: a dead token is given to nobody.`,
  });
}

function leftAlone(name: string): Pick<Healed, 'why' | 'fix'> {
  return {
    why: `${name} holds a value that is not ours`,
    fix: `Find out who changed it; \`onForeign: adopt\` for ${name} in the catalog lets it be overwritten.`,
  };
}
