import type { Credential, Found, Instant } from './contract.ts';
import { foreign, observeOne, olderVersions, questionOf, receiptsOf } from './copies.ts';
import { RotationError } from './errors.ts';
import { judge } from './judge.ts';
import { current, debtOf, isPasted } from './labels.ts';
import { attemptHash } from './mark.ts';
import { openMints } from './mint-receipts.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState, StoredVersion } from './ports.ts';
import { assertWorkflow, tryRoute } from './probe.ts';
import { assertCarriable, assertStorable, decodeStored } from './stored-value.ts';
import { strayMinimumAgeHours, straysOf } from './strays.ts';

/**
 * Whatever can fail fails here, before anything is minted and with nothing to clean: the authority works, a slot is free, no answer of
 * this attempt is still lost, the stored value can take the new one, every dependent can be reached, is ours and large enough.
 */
export async function preflight(
  open: OpenToken,
  attempt: { readonly state: SecretState; readonly clientRequestToken: string },
  currentVersion: StoredVersion | undefined,
): Promise<void> {
  tooManyRetiring(open, attempt.state);
  assertCarriable(open.token.value, currentVersion?.text);
  assertStorable(open.token.value, open.rotator.facts.valueBytes, currentVersion?.text);
  sizesFit(open);
  const live = await liveTokens(open);
  if (live !== undefined) {
    noAnswerIsLost(open, attempt, live, (await openMints(open, attempt.state.arn)).all);
    await aSlotIsFree(open, attempt.state, live, currentVersion);
  }
  await dependentsAreReady(open, attempt.state, currentVersion);
}

/** The provider's list of live tokens, or undefined where it has none. Asking for it proves the authority. */
export async function liveTokens(open: OpenToken): Promise<readonly Found[] | undefined> {
  const find = open.rotator.find?.bind(open.rotator);
  return find && open.withAuthority((context) => find(context));
}

function tooManyRetiring({ rotator, token }: OpenToken, state: SecretState): void {
  const { slots } = rotator.facts;
  // Where the provider lists what is live, the list tells whether there is room: one that waits may be dead already.
  const most = slots.can && rotator.find === undefined ? Math.min(6, slots.live - 2) : 6;
  const waiting = debtOf(state).length;
  if (waiting > most) throw stillRetiring(token.name, waiting, most);
}

function stillRetiring(name: string, waiting: number, most: number): RotationError {
  return new RotationError(
    'too-many-retiring',
    `${name}: ${waiting} older tokens still wait for their revocation, and ${most} may`,
    {
      fix: 'See `keyturn status` for what each waits for; a longer schedule or a shorter overlap keeps this from happening again.',
      definite: true,
    },
  );
}

function sizesFit({ rotator, dependents }: OpenToken): void {
  for (const { entry, plugin } of dependents) {
    const { maximumBytes } = plugin.facts;
    if (!maximumBytes.can || rotator.facts.valueBytes <= maximumBytes.bytes) continue;
    throw new RotationError(
      'too-large',
      `${entry.name}: takes ${maximumBytes.bytes} bytes and the token may have ${rotator.facts.valueBytes}`,
      {
        fix: 'Let this dependent read the secret itself instead of keeping a copy.',
        definite: true,
      },
    );
  }
}

function noAnswerIsLost(
  open: OpenToken,
  { state, clientRequestToken }: { state: SecretState; clientRequestToken: string },
  live: readonly Found[],
  askedAt: readonly Instant[],
): void {
  const youngest = open.ports.clock.now() - strayMinimumAgeHours * 3_600_000;
  const isOfThisAttempt = (attempt: string | undefined) => attempt === undefined || attempt === attemptHash(clientRequestToken);
  const lost = straysOf(open, state, live, askedAt).ours.some(
    ({ attempt, bornAt = 0 }) => isOfThisAttempt(attempt) && bornAt > youngest,
  );
  if (!lost) return;
  throw new RotationError('uncertain', `${open.token.provider}: an earlier attempt made a token whose value was lost`, {
    fix: `Nothing to do: it is revoked once it is ${strayMinimumAgeHours} hours old, and the rotation goes on after that.`,
    definite: true,
  });
}

/**
 * Where older ones of ours have the places, waiting gives one back; not where a value that a person pasted in is current, or one that the
 * provider refuses, because then none of them is revoked before somebody has said which is to stay.
 */
export async function aSlotIsFree(
  open: OpenToken,
  state: SecretState,
  live: readonly Found[],
  currentVersion?: StoredVersion,
): Promise<void> {
  const { rotator, token } = open;
  const { slots } = rotator.facts;
  if (!slots.can || live.length < slots.live) return;
  const waiting = debtOf(state).length;
  const givesWay = waiting > 0 && !isPasted(state, current) && !(await isRefused(open, currentVersion));
  if (givesWay) throw stillRetiring(token.name, waiting, waiting - 1);
  throw new RotationError(
    'key-limit',
    `${token.provider}: ${live.length} tokens are live and the provider allows ${slots.live}`,
    {
      fix:
        waiting > 0
          ? `\`keyturn rollback ${token.name}\` makes the one before current again, if it still works; or revoke one at the provider that nobody uses, then rotate again.`
          : 'Revoke one at the provider that nobody uses, or wait until Keyturn has retired an older one, then rotate again.',
      definite: true,
    },
  );
}

async function isRefused(open: OpenToken, version: StoredVersion | undefined): Promise<boolean> {
  const credential = version && tryDecode(open, version);
  if (credential === undefined) return false;
  const judgement = await judge(open, credential);
  return !judgement.ok && judgement.why === 'rejected';
}

/** What people put there in another shape is nothing that can be asked about. */
function tryDecode({ token }: OpenToken, { text }: StoredVersion): Credential | undefined {
  try {
    return decodeStored(token.value, text);
  } catch {
    return undefined;
  }
}

async function dependentsAreReady(open: OpenToken, state: SecretState, currentVersion: StoredVersion | undefined): Promise<void> {
  if (open.dependents.length === 0) return;
  const receipts = await receiptsOf(open, state.arn);
  for (const dependent of open.dependents) {
    // Before anything is minted the wanted value is the current one; without a current one only reachability can be seen.
    if (currentVersion === undefined) {
      const context = await dependent.context();
      await dependent.plugin.read(context);
      await assertWorkflow(dependent, context);
      continue;
    }
    const older = olderVersions(open, state.arn, [currentVersion.versionId], state);
    const versions = { secretArn: state.arn, wanted: currentVersion, current: currentVersion, older };
    const one = await observeOne(open, dependent, versions, receipts);
    // Where nothing is yet, nobody has anything to answer with.
    const copy = dependent.copyOf(currentVersion, state.arn);
    await assertWorkflow(dependent, one.context);
    const answered = one.standing === 'absent' ? 'ours' : await tryRoute(open, questionOf(one, copy));
    const isForeign = one.standing === 'foreign' || answered === 'foreign';
    if (isForeign && dependent.entry.onForeign === 'stop') throw foreign(open, dependent);
  }
}
