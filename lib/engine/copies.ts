import type { Copy, DependentContext, Evidence, Holding, Instant } from './contract.ts';
import { asRotationError, RotationError } from './errors.ts';
import { longestWaitSeconds } from './judge.ts';
import { current, previous, readOurLabel, submitted } from './labels.ts';
import type { OpenDependent, OpenToken } from './open-token.ts';
import type { Receipt, SecretState, StoredVersion } from './ports.ts';
import { objectionOf, type Proven, proven, type Question } from './probe.ts';
import { beforePromotion, isAfterPromotion, readersOf } from './restarts.ts';
import type { Secret } from './secret.ts';
import { wavesOf } from './waves.ts';

/**
 * What a dependent holds, compared with the versions of the secret. `ours`: an older one, or one that a receipt of ours tells of.
 * `unknown`: it cannot be read and no receipt tells.
 */
export type Standing = 'absent' | 'wanted' | 'current' | 'ours' | 'foreign' | 'unknown';

/** The versions that a dependent may hold with our consent. Older ones are only read when something else is found. */
export interface Versions {
  readonly secretArn: string;
  /** What it is to hold. */
  readonly wanted: StoredVersion;
  readonly current: StoredVersion | undefined;
  older(): Promise<readonly StoredVersion[]>;
}

export interface Observed {
  readonly dependent: OpenDependent;
  readonly context: DependentContext<unknown, unknown>;
  readonly holding: Holding;
  readonly standing: Standing;
  readonly receipt: Receipt | undefined;
  readonly versions: Versions;
}

/** A dependent with what it is to hold. */
interface Written {
  readonly dependent: OpenDependent;
  readonly context: DependentContext<unknown, unknown>;
  readonly copy: Copy;
  readonly versions: Versions;
  receipt: Receipt | undefined;
}

/** Reads, once, every version that is ours or was current, apart from those already at hand. */
export function olderVersions(
  { ports }: OpenToken,
  secretArn: string,
  known: readonly (string | undefined)[],
  state?: SecretState,
): () => Promise<readonly StoredVersion[]> {
  let reading: Promise<readonly StoredVersion[]> | undefined;
  const read = async () => {
    const { versions } = state ?? (await ports.store.describe(secretArn));
    const wanted = [...versions].filter(
      ([versionId, labels]) =>
        !known.includes(versionId) &&
        (readOurLabel(labels) !== undefined || [previous, current, submitted].some((label) => labels.includes(label))),
    );
    const found = await Promise.all(wanted.map(([versionId]) => ports.store.read(secretArn, { versionId })));
    return found.filter((version) => version !== undefined);
  };
  return () => {
    reading ??= read();
    return reading;
  };
}

/** Looks at every dependent. Throws where one cannot be reached, or `foreign` where one holds what is not ours. */
export async function observe(
  open: OpenToken,
  versions: Versions,
  dependents: readonly OpenDependent[] = open.dependents,
): Promise<readonly Observed[]> {
  const receipts = await receiptsOf(open, versions.secretArn);
  const observed: Observed[] = [];
  for (const dependent of dependents) observed.push(await observeOne(open, dependent, versions, receipts));
  for (const { standing, dependent } of observed)
    if (standing === 'foreign' && dependent.entry.onForeign === 'stop') throw foreign(open, dependent);
  return observed;
}

export async function observeOne(
  open: OpenToken,
  dependent: OpenDependent,
  versions: Versions,
  receipts: Receipts,
): Promise<Observed> {
  const context = await dependent.context();
  const { name, onForeign } = dependent.entry;
  let known = receipts;
  for (let looks = 1; ; looks += 1) {
    const holding = await dependent.plugin.read(context);
    const receipt = known.of(name, holding);
    const standing = await stand(dependent, holding, versions, receipt);
    open.ports.log({ event: 'dependent.read', token: open.token.name, dependent: name, state: standing });
    const seen: Observed = { dependent, context, holding, standing, receipt, versions };
    if (standing !== 'foreign' || onForeign === 'adopt' || looks === 3) return seen;
    // Another run of ours may have written between the receipt and the look: it is somebody else's only if no receipt came in between.
    known = await receiptsOf(open, versions.secretArn);
    if (isSameReceipt(known.of(name, holding), receipt)) return seen;
  }
}

/** No run lives longer than a function may. */
const longestRunMinutes = 15;

/** Our own writes to each dependent, as far as they were written down. */
export interface Receipts {
  /**
   * The one that tells what is there: of the very write that the place shows to be its last, where it shows one that we know; else the newest. It
   * proves nothing, and is an intention, if a write of another version can have come after it: one that was answered later, or one of which
   * nobody knows and whose run may still have been alive.
   */
  of(dependent: string, holding?: Holding): Receipt | undefined;
}

export async function receiptsOf({ ports }: OpenToken, secretArn: string): Promise<Receipts> {
  const written = await ports.history.receipts(secretArn);
  return {
    of(name, holding) {
      const all = written.filter(({ dependent }) => dependent === name);
      const newest = all.reduce<Receipt | undefined>(
        (last, each) => (last === undefined || each.intendedAt >= last.intendedAt ? each : last),
        undefined,
      );
      const isShown = newest === undefined || newest.version === holding?.version;
      const receipt = (isShown ? undefined : receiptOf(all, holding)) ?? newest;
      if (receipt === undefined || receipt !== newest) return receipt;
      const others = all.filter(({ digest }) => digest !== receipt.digest);
      // What would be taken for a stranger's may be of a write that the place never named, and that came later than our clock says.
      const isStrange = holding?.version !== undefined && receipt.version !== undefined && !isShown;
      const lastOf = (other: Receipt) => endOf(other) + (isStrange && other.version === undefined ? 3_600_000 : 0);
      return others.some((other) => lastOf(other) >= receipt.intendedAt) ? { ...receipt, isWritten: false } : receipt;
    },
  };
}

/**
 * Of the write that a place shows to be its last. Receipts are put in order by our clock, which may go back; that the place names the very
 * write is better evidence. Not where writes of two versions are named alike, or one of which nobody knows may have been.
 */
function receiptOf(all: readonly Receipt[], holding: Holding | undefined): Receipt | undefined {
  if (holding?.version === undefined) return undefined;
  const named = all.filter(({ version, isWritten }) => isWritten === true && version === holding.version);
  const [receipt] = named;
  if (receipt === undefined || named.some(({ digest }) => digest !== receipt.digest)) return undefined;
  // A write that the place never named may have come in the same second as this one, and then bears its name.
  return all.some(({ digest, version }) => digest !== receipt.digest && version === undefined) ? undefined : receipt;
}

function endOf({ isWritten, appliedAt, intendedAt }: Receipt): Instant {
  return isWritten === true ? appliedAt : intendedAt + longestRunMinutes * 60_000;
}

/**
 * Brings the dependents to hold `wanted` and to have it in effect: all are applied, then all activated, then all waited for, so that slow
 * deployments run side by side. Those that come after others are looked at again and written when the others have it in effect. Each part
 * finds what an earlier attempt has done. `stillMay` is asked again after every wait, and before each later wave.
 * Throws the first failure, and `not-yet` where something is still under way when the step's time ends.
 */
export async function spread(
  open: OpenToken,
  observed: readonly Observed[],
  versions: Versions,
  stillMay: () => Promise<void>,
): Promise<void> {
  for (const { dependent } of observed) assertFits(dependent, dependent.copyOf(versions.wanted, versions.secretArn));
  const wait = createPatience(open, stillMay);
  const [first = [], ...later] = wavesOf(observed, ({ dependent }) => dependent.entry);
  await spreadWave(open, first, versions, wait);
  for (const wave of later) {
    await stillMay();
    const dependents = wave.map(({ dependent }) => dependent);
    await spreadWave(open, await observe(open, versions, dependents), versions, wait);
  }
}

async function spreadWave(open: OpenToken, observed: readonly Observed[], versions: Versions, wait: Patience): Promise<void> {
  const written: Written[] = [];
  for (const one of observed) {
    const copy = one.dependent.copyOf(versions.wanted, versions.secretArn);
    written.push({ ...one, copy, receipt: await applyOne(open, one, copy) });
  }
  for (const each of written) each.receipt = await activateInTime(open, each, each.copy, each.receipt, wait);
  await waitForAll(open, written, wait);
}

/** Waits until every dependent that can have it before promotion has the version in effect, and writes nowhere. */
export async function awaitEffects(open: OpenToken, secretArn: string, version: StoredVersion): Promise<void> {
  const dependents = beforePromotion(open);
  if (dependents.length === 0) return;
  const receipts = await receiptsOf(open, secretArn);
  const older = olderVersions(open, secretArn, [version.versionId]);
  const versions: Versions = { secretArn, wanted: version, current: undefined, older };
  const written: Written[] = [];
  for (const dependent of dependents) {
    const copy = dependent.copyOf(version, secretArn);
    const receipt = receipts.of(dependent.entry.name);
    written.push({ dependent, context: await dependent.context(), copy, versions, receipt });
  }
  await waitForAll(open, written, createPatience(open));
}

/** Applies and activates, and does not wait for the effect: for putting back, and for what a sweep finds wrong. */
export async function rewrite(open: OpenToken, one: Observed, versions: Versions): Promise<void> {
  const copy = one.dependent.copyOf(versions.wanted, versions.secretArn);
  await activateInTime(open, one, copy, await applyOne(open, one, copy), createPatience(open));
}

/** Writes it anew, whatever the receipts say: whoever uses the copy has answered that they do not have it. */
export async function rewriteAll(open: OpenToken, one: Observed, versions: Versions): Promise<void> {
  await rewrite(open, { ...one, standing: 'unknown', receipt: undefined }, versions);
}

/**
 * Whether it has the copy in effect now, by reading or by a receipt of exactly this value, and where it has a probe, by its answer too. A missing
 * receipt never means yes.
 */
export async function effectOf(
  open: OpenToken,
  one: Pick<Written, 'dependent' | 'context' | 'receipt' | 'versions'>,
  copy: Copy,
): Promise<Proven> {
  const { dependent, context, receipt } = one;
  const told = await dependent.plugin.inEffect(context, copy, evidenceOf(receipt, copy));
  return proven(open, told, questionOf(one, copy));
}

/** How the probe of a place is asked about a copy. */
export function questionOf(
  { dependent, context, receipt, versions }: Pick<Written, 'dependent' | 'context' | 'receipt' | 'versions'>,
  wanted: Copy,
): Question {
  const appliedAt = receipt?.digest === digestOf(wanted) ? receipt.appliedAt : undefined;
  const others = async () => {
    const stored = [versions.current, ...(await versions.older())].filter((each) => each !== undefined);
    return stored.flatMap((version) => valueIn(dependent, version, versions.secretArn));
  };
  return { dependent, context, wanted, appliedAt, others };
}

/** What a place would hold of a version; an older version of another shape cannot be what is there. */
function valueIn(dependent: OpenDependent, version: StoredVersion, secretArn: string): readonly Secret[] {
  try {
    return [dependent.copyOf(version, secretArn).value];
  } catch {
    return [];
  }
}

/** What the preflight could only estimate is known now, and nothing has been written yet. */
function assertFits({ entry, plugin }: OpenDependent, { value }: Copy): void {
  const { maximumBytes } = plugin.facts;
  if (!maximumBytes.can || value.bytes <= maximumBytes.bytes) return;
  throw new RotationError('too-large', `${entry.name}: takes ${maximumBytes.bytes} bytes and the new token has ${value.bytes}`, {
    fix: 'Let this dependent read the secret itself instead of keeping a copy.',
    definite: true,
  });
}

async function applyOne(open: OpenToken, one: Observed, copy: Copy): Promise<Receipt | undefined> {
  const { ports, token } = open;
  const { entry, plugin } = one.dependent;
  const known = evidenceOf(one.receipt, copy);
  const isSettled = one.standing === 'wanted' && (known !== undefined || isExact(one.holding));
  if (isSettled) return known === undefined ? undefined : one.receipt;

  // The intention is written down first: after a crash in the middle, a changed place is then known to be our own doing.
  const intendedAt = laterThan(one.receipt, ports.clock.now());
  const intended: Receipt = {
    dependent: entry.name,
    digest: digestOf(copy),
    versionId: copy.versionId,
    intendedAt,
    appliedAt: intendedAt,
  };
  await ports.history.saveReceipt(copy.secretArn, intended);
  await forgetStarts(open, one, intendedAt);
  let evidence: Evidence;
  try {
    evidence = await plugin.apply(one.context, copy, one.holding);
  } catch (error) {
    // The intention stays, even where this write was refused for certain: another run may have written in the meantime, and the receipt
    // from before would then say of the place what is true no more.
    throw named(error, one.dependent, 'apply');
  }
  const receipt: Receipt = { ...intended, isWritten: true, appliedAt: laterThan(intended, ports.clock.now()), ...evidence };
  await ports.history.saveReceipt(copy.secretArn, receipt);
  ports.log({ event: 'dependent.applied', token: token.name, dependent: entry.name });
  return receipt;
}

/**
 * Whoever reads this place when they start has to be started anew, even where a start for the same token is known: in between it may have held
 * something else. Written down first, so that it is not lost with this run.
 */
async function forgetStarts(open: OpenToken, { dependent, versions }: Observed, intendedAt: Instant): Promise<void> {
  const { wanted, secretArn } = versions;
  for (const reader of readersOf(open, dependent)) {
    const digest = digestOf(reader.copyOf(wanted, secretArn));
    const { versionId } = wanted;
    const intended = { dependent: reader.entry.name, digest, versionId, intendedAt, appliedAt: intendedAt };
    await open.ports.history.saveReceipt(secretArn, intended);
  }
}

/**
 * After promotion: starts anew whoever reads the rotated secret itself. Does not wait for the effect, and fails quietly: what is not reached is
 * begun by the next look, and no old token is ended before.
 */
export async function restartReaders(open: OpenToken, secretArn: string, versionId: string): Promise<void> {
  const readers = open.dependents.filter(isAfterPromotion);
  if (readers.length === 0 || open.token.mode === 'observe') return;
  try {
    const wanted = await open.ports.store.read(secretArn, { label: current });
    if (wanted?.versionId !== versionId) return;
    const versions: Versions = { secretArn, wanted, current: wanted, older: olderVersions(open, secretArn, [versionId]) };
    for (const one of await observe(open, versions, readers)) await rewrite(open, one, versions);
  } catch (problem) {
    const { code, message } = asRotationError(problem, 'restart');
    open.ports.log({ event: 'restart.left', token: open.token.name, code, detail: message });
  }
}

/** Receipts are put in order by their times, and a clock may go back: what follows what we know of is dated after it. */
function laterThan(known: Receipt | undefined, now: Instant): Instant {
  return known === undefined || now >= known.appliedAt ? now : known.appliedAt + 1;
}

/** Sleeps a little longer each time; false where the step has no time for it. */
export type Patience = () => Promise<boolean>;

/** For everything that a step waits for, together. `stillMay` is asked after every wait. */
export function createPatience({ ports }: OpenToken, stillMay: () => Promise<void> = async () => {}): Patience {
  const startedAt = ports.clock.now();
  let next = 500;
  return async () => {
    const wait = next;
    next = Math.min(next * 2, 10_000);
    if (ports.clock.now() - startedAt + wait > longestWaitSeconds * 1000 || ports.remaining() < wait + 10_000) return false;
    await ports.clock.sleep(wait);
    await stillMay();
    return true;
  };
}

/** A place that is still busy with the write, or with what others have begun, says `not-yet` and is asked again. */
async function activateInTime(
  open: OpenToken,
  one: Omit<Written, 'copy'>,
  copy: Copy,
  receipt: Receipt | undefined,
  wait: Patience,
): Promise<Receipt | undefined> {
  for (;;) {
    try {
      return await activateOne(open, one, copy, receipt);
    } catch (error) {
      const mayStillCome = error instanceof RotationError && error.code === 'not-yet';
      if (!mayStillCome || !(await wait())) throw error;
    }
  }
}

async function activateOne(
  open: OpenToken,
  one: Omit<Written, 'copy'>,
  copy: Copy,
  receipt: Receipt | undefined,
): Promise<Receipt | undefined> {
  const { ports, token } = open;
  const { entry, plugin } = one.dependent;
  if (plugin.activate === undefined || receipt?.activation !== undefined) return receipt;
  if (receipt === undefined && (await effectOf(open, { ...one, receipt }, copy)).state === 'in-effect') return receipt;
  let evidence: Evidence;
  try {
    evidence = await plugin.activate(one.context, copy, evidenceOf(receipt, copy) ?? {});
  } catch (error) {
    throw named(error, one.dependent, 'activate');
  }
  const basis: Receipt = receipt ?? {
    dependent: entry.name,
    digest: digestOf(copy),
    versionId: copy.versionId,
    isWritten: true,
    intendedAt: ports.clock.now(),
    appliedAt: ports.clock.now(),
  };
  const activated = { ...basis, ...evidence };
  await ports.history.saveReceipt(copy.secretArn, activated);
  ports.log({ event: 'dependent.activated', token: token.name, dependent: entry.name });
  return activated;
}

async function waitForAll(open: OpenToken, written: readonly Written[], wait: Patience): Promise<void> {
  const { ports, token } = open;
  let waiting = written;
  for (;;) {
    const later: Written[] = [];
    for (const each of waiting) {
      const effect = await effectOf(open, each, each.copy);
      const { entry } = each.dependent;
      const said = 'detail' in effect && effect.detail !== undefined ? { detail: effect.detail } : {};
      ports.log({ event: 'dependent.effect', token: token.name, dependent: entry.name, state: effect.state, ...said });
      if (effect.state === 'failed') throw failed(each.dependent, `does not take the new token: ${effect.detail}`);
      if (objectionOf(effect) === 'foreign' && entry.onForeign === 'stop') throw foreign(open, each.dependent);
      if (effect.state === 'not-yet') later.push(each);
      else await saveEffect(open, each, effect.by === 'probe');
    }
    if (later.length === 0) return;
    if (!(await wait())) {
      const names = later.map((each) => each.dependent.entry.name).join(', ');
      throw new RotationError('not-yet', `${names}: the new token is not in effect there yet`, {
        fix: 'Nothing to do: the next attempt asks again.',
      });
    }
    waiting = later;
  }
}

async function saveEffect({ ports }: OpenToken, { receipt, copy }: Written, isAnswered: boolean): Promise<void> {
  if (receipt === undefined || receipt.inEffectAt !== undefined || receipt.digest !== digestOf(copy)) return;
  const now = ports.clock.now();
  await ports.history.saveReceipt(copy.secretArn, {
    ...receipt,
    inEffectAt: now,
    ...(isAnswered ? { answeredAt: now } : {}),
  });
}

async function stand(
  dependent: OpenDependent,
  holding: Holding,
  versions: Versions,
  receipt: Receipt | undefined,
): Promise<Standing> {
  if (holding.exists === false) return 'absent';
  const copyOf = (version: StoredVersion) => dependent.copyOf(version, versions.secretArn);
  const isLike = (version: StoredVersion | undefined) =>
    version !== undefined && holding.matches?.(copyOf(version).value) === true;
  // Two values may end alike: then a tail tells nothing, and the receipt has to.
  const tellsApart = isExact(holding) || !isLike(versions.wanted) || !isLike(versions.current);
  if (holding.matches !== undefined && tellsApart) {
    if (isLike(versions.wanted)) return 'wanted';
    if (isLike(versions.current)) return 'current';
    for (const version of await versions.older()) {
      try {
        if (isLike(version)) return 'ours';
      } catch {
        // an older version of another shape cannot be what is there
      }
    }
    return 'foreign';
  }
  if (receipt === undefined) return 'unknown';
  // Without isWritten we died between intending and knowing: what changed since is most likely our own write.
  if (receipt.isWritten !== true) return 'unknown';
  if (holding.version !== undefined && receipt.version !== undefined && holding.version !== receipt.version) return 'foreign';
  if (receipt.digest === digestOf(copyOf(versions.wanted))) return 'wanted';
  if (versions.current !== undefined && receipt.digest === digestOf(copyOf(versions.current))) return 'current';
  return 'ours';
}

function evidenceOf(receipt: Receipt | undefined, copy: Copy): Evidence | undefined {
  if (receipt === undefined || receipt.isWritten !== true || receipt.digest !== digestOf(copy)) return undefined;
  const { version, activation } = receipt;
  return { ...(version === undefined ? {} : { version }), ...(activation === undefined ? {} : { activation }) };
}

function isExact({ readClass, matches }: Holding): boolean {
  return matches !== undefined && (readClass === 'value' || readClass === 'digest');
}

function isSameReceipt(one: Receipt | undefined, other: Receipt | undefined): boolean {
  return one?.appliedAt === other?.appliedAt && one?.digest === other?.digest && one?.isWritten === other?.isWritten;
}

export function digestOf(copy: Copy): string {
  return copy.value.digest(copy.secretArn);
}

export function foreign({ token }: OpenToken, { entry }: OpenDependent): RotationError {
  return new RotationError('foreign', `${entry.name}: holds a value that is neither the current ${token.name} nor one of ours`, {
    fix: `Find out who changed it. To let Keyturn overwrite it, set \`onForeign: adopt\` for ${entry.name} in the catalog; to keep it, remove the dependent.`,
    definite: true,
  });
}

// A refusal that would be the provider's from a rotator is the dependent's here; which one must be said.
function named(error: unknown, dependent: OpenDependent, part: string): unknown {
  const { entry } = dependent;
  if (error instanceof RotationError && error.code === 'refused') dependent.forgetAuthority();
  if (!(error instanceof RotationError) || error.ending !== 'good') return error;
  if (['authority', 'catalog', 'too-large', 'foreign', 'dependent-failed'].includes(error.code)) return error;
  return failed({ entry }, `${part} was refused: ${error.message}`, error);
}

function failed({ entry }: { entry: OpenDependent['entry'] }, how: string, cause?: RotationError): RotationError {
  return new RotationError('dependent-failed', `${entry.name}: ${how}`, {
    fix: `Mend ${entry.name} or its authority, then rotate again; the current token goes on working.`,
    ...(cause === undefined ? {} : { cause }),
    ...(cause?.status === undefined ? {} : { status: cause.status }),
  });
}
