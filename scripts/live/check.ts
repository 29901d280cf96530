import type { AnyRotator, AuthorityContext, Credential, Found, Minted, TokenContext } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { readMark, secretHash, writeMark } from '../../lib/engine/mark.ts';
import type { Clock } from '../../lib/engine/ports.ts';
import { Secret } from '../../lib/engine/secret.ts';

/** A rotator with its doors open, at the service that it is to be held against. */
export interface Subject {
  readonly rotator: AnyRotator;
  readonly asToken: TokenContext<unknown>;
  readonly asAuthority: AuthorityContext<unknown, unknown>;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array;
}

interface Listening {
  /** Hears each step as it ends. */
  readonly say?: (step: Step) => void;
  /** Whoever aborts it stops what goes on; what was made is ended all the same. */
  readonly signal?: AbortSignal;
}

interface Step {
  readonly name: string;
  readonly outcome: 'passed' | 'failed' | 'skipped';
  readonly detail?: string;
}

/** Something that the service did otherwise than the facts say. */
interface Difference {
  readonly fact: string;
  readonly says: string;
  readonly seen: string;
}

/** What came of it. It holds no value and no ref that is secret. */
export interface LiveReport {
  readonly plugin: string;
  /** Every step passed or did not apply, and nothing of ours is left there. */
  readonly ok: boolean;
  readonly steps: readonly Step[];
  /** Seconds are the least that it took: when it was last seen otherwise. */
  readonly seen: { readonly settleSeconds?: number; readonly deathSeconds?: number; readonly valueBytes?: number };
  readonly differences: readonly Difference[];
  /** What was made and could not be ended again. */
  readonly leftBehind: readonly string[];
}

/** Nothing is waited for any longer, whatever the facts say. */
const longestWaitSeconds = 300;

/**
 * Lives through the whole contract of a rotator at the real service: looks, makes a token and another, tries them, ends the first and sees it dead,
 * and ends everything that it made, whatever went wrong.
 */
export async function checkLive(subject: Subject, listening: Listening = {}): Promise<LiveReport> {
  const run = createRun(subject, listening);
  await walk(run);
  await run.always('ends everything that it made', () => cleanUp(run));
  const { steps, seen, differences, leftBehind } = run;
  const ok = steps.every(({ outcome }) => outcome !== 'failed') && leftBehind.length === 0;
  return { plugin: subject.rotator.facts.name, ok, steps, seen, differences, leftBehind };
}

type Run = ReturnType<typeof createRun>;

async function walk(run: Run): Promise<void> {
  const { rotator } = run.subject;
  const { facts } = rotator;
  const whyNoList = facts.list.can ? undefined : facts.list.why;
  const whyNoEnd = facts.revoke.can ? undefined : facts.revoke.why;
  const isReplacing = facts.strategy === 'replace';

  await run.step('the authority works, and a place is free', whyNoList, async () => {
    run.before = await run.find();
    if (facts.slots.can && run.before.length >= facts.slots.live)
      throw new Failed(`${run.before.length} tokens are live already`);
  });
  const wrong = withAltered(run.subject.asAuthority.authority);
  const whyNoWrong = wrong === undefined ? 'it acts with the rights of this shell' : undefined;
  await run.step('a wrong authority is refused, and not shown an empty list', whyNoList ?? whyNoWrong, () =>
    assertRefused(run, wrong),
  );
  if (run.hasFailed) return;

  const first = await run.step('makes a token, with all its parts', undefined, () => make(run));
  if (first === undefined) return;
  await run.step('the new token works', undefined, () => settled(run, first));
  await run.step('a wrong value is refused', undefined, () => assertRefusedValue(run, first));
  await run.step('the token is in the list, under its mark', whyNoList, () => assertListed(run, first));
  const whyNoInspection = rotator.inspect === undefined ? 'there is no more to tell of a token' : undefined;
  await run.step('tells of the token what the facts say', whyNoInspection, () => assertTold(run, first));

  const isFull = facts.slots.can && run.before.length + 2 > facts.slots.live;
  const another = isReplacing ? 'makes another, which takes its place' : 'makes another beside it';
  const second = await run.step(another, isFull ? 'there is no place for another' : undefined, () => make(run));
  const whyNoSecond = second === undefined ? 'there is no other' : undefined;
  await run.step('the other one works', whyNoSecond, () => settled(run, second ?? first));

  if (isReplacing) {
    await run.step('the first one is dead', whyNoSecond, () => dead(run, first));
    return;
  }
  await run.step('revokes the first', whyNoEnd, () => run.revoke(first));
  await run.step('the first one is dead', whyNoEnd, () => dead(run, first));
  await run.step('the other one still works', whyNoEnd ?? whyNoSecond, () => settled(run, second ?? first, false));
  await run.step('revoking what is gone is done, with its value and without', whyNoEnd, async () => {
    await run.revoke(first);
    await run.revoke({ ref: first.ref });
  });
  await run.step('the list has it no more', whyNoEnd ?? whyNoList, () =>
    until(run, 60, async () => !(await run.find()).some(({ ref }) => ref === first.ref), 'it is still listed'),
  );
}

// ---------------------------------------------------------------------------------------------------------------- steps

async function make(run: Run): Promise<Minted> {
  const { rotator, asAuthority, clock, random } = run.subject;
  const { facts } = rotator;
  const attempt = { secretArn: run.arn, clientRequestToken: hex(random(16)), now: clock.now(), random: random(4) };
  const room = { maximumCharacters: facts.mark.can ? facts.mark.maximumCharacters : 0, tokenName: 'live-check' };
  const mark = facts.mark.can ? writeMark(attempt, room) : undefined;
  const minted = await rotator.mint(asAuthority, { mark, now: clock.now(), random });
  run.made.push(minted);
  await rotator.install?.(asAuthority, minted, mark);
  const missing = Object.keys(facts.parts).filter((part) => minted.credential.parts[part] === undefined);
  if (missing.length > 0) throw new Failed(`it came without ${missing.join(', ')}`);
  const { bytes } = minted.credential.value;
  run.seen.valueBytes = Math.max(bytes, run.seen.valueBytes ?? 0);
  if (bytes > facts.valueBytes) run.differ('valueBytes', `${facts.valueBytes} at most`, String(bytes));
  return minted;
}

/** Waits until it is taken. How long that was counts once a token. */
async function settled(run: Run, { credential }: Minted, isNew = true): Promise<void> {
  const { settleSeconds } = run.subject.rotator.facts;
  const isTaken = async () => (await run.verify(credential)) === 'taken';
  const seconds = await until(run, isNew ? 2 * settleSeconds + 30 : 0, isTaken, 'it is refused');
  if (!isNew) return;
  run.seen.settleSeconds = Math.max(seconds, run.seen.settleSeconds ?? 0);
  if (seconds > settleSeconds) run.differ('settleSeconds', `${settleSeconds} s at most`, `${seconds} s at least`);
}

async function dead(run: Run, { credential }: Minted): Promise<void> {
  const { deathSeconds } = run.subject.rotator.facts;
  const isRefused = async () => (await run.verify(credential)) === 'refused';
  const seconds = await until(run, 2 * deathSeconds + 60, isRefused, 'it still works');
  run.seen.deathSeconds = seconds;
  if (seconds > deathSeconds) run.differ('deathSeconds', `${deathSeconds} s at most`, `${seconds} s at least`);
}

async function assertRefusedValue(run: Run, { credential }: Minted): Promise<void> {
  const value = new Secret(altered(credential.value.reveal()));
  if ((await run.verify({ ...credential, value })) === 'taken') throw new Failed('a value that is none was taken for one');
}

async function assertRefused({ subject: { rotator, asAuthority } }: Run, authority: unknown): Promise<void> {
  const outcome = await rotator.find?.({ ...asAuthority, authority }).then(
    () => 'no error',
    (error: unknown) => (error instanceof RotationError ? error.code : 'another error'),
  );
  if (!['refused', 'rejected', 'absent'].includes(outcome ?? '')) throw new Failed(`it became ${outcome}`);
}

async function assertListed(run: Run, { ref }: Minted): Promise<void> {
  const found = async () => (await run.find()).find((each) => each.ref === ref);
  await until(run, 60, async () => (await found()) !== undefined, 'it is not listed');
  if (!run.subject.rotator.facts.mark.can) return;
  if (readMark((await found())?.name)?.secret !== secretHash(run.arn))
    throw new Failed('the mark does not come back as it was sent');
}

async function assertTold(run: Run, { ref, credential }: Minted): Promise<void> {
  const { rotator, asToken, asAuthority, clock } = run.subject;
  const { scopes, lastUsed } = rotator.facts;
  const told = await rotator.inspect?.(asAuthority, { ref, credential });
  const verdict = await rotator.verify(asToken, credential);
  const expiresAt = told?.expiresAt ?? (verdict.ok ? verdict.expiresAt : undefined);
  if (told?.ref !== undefined && told.ref !== ref) throw new Failed('it tells of another token');
  if (expiresAt !== undefined && expiresAt < clock.now()) throw new Failed('its end is in the past');
  const isScoped = (told?.scopes ?? (verdict.ok ? verdict.scopes : undefined)) !== undefined;
  if (scopes.can && !isScoped) run.differ('scopes', 'they are told', 'they are not');
  if (lastUsed.can && told?.lastUsedAt === undefined) run.differ('lastUsed', 'it is told', 'it is not');
}

/** Everything that was made goes, and what is left is named: by its ref where that is no secret. */
async function cleanUp(run: Run): Promise<void> {
  const { rotator } = run.subject;
  const { facts } = rotator;
  if (rotator.revoke === undefined) {
    if (facts.strategy !== 'replace') run.leftBehind.push(...run.made.map(({ ref }) => run.named(ref)));
    return;
  }
  for (const token of run.made) {
    const hasEnded = await run.revoke(token).then(
      () => true,
      () => false,
    );
    if (!hasEnded) run.leftBehind.push(run.named(token.ref));
  }
  if (rotator.find === undefined) return;
  const known = new Set([...run.before, ...run.made].map(({ ref }) => ref));
  for (const stray of (await run.find()).filter(({ ref }) => !known.has(ref))) {
    if (readMark(stray.name)?.secret === secretHash(run.arn)) await run.revoke(stray);
    else if (run.hasLostAnswer)
      run.leftBehind.push(`${run.named(stray.ref)}, which may be somebody else's: it was not there before`);
  }
}

// ---------------------------------------------------------------------------------------------------------------- how it is done

/** A step that saw something wrong; a sentence. */
class Failed extends Error {}

function createRun(subject: Subject, { say = () => {}, signal }: Listening) {
  const { rotator, asToken, asAuthority, random } = subject;
  const { facts } = rotator;
  const run = {
    subject,
    isStopped: () => signal?.aborted === true,
    /** Of a secret that does not exist, so that no installation takes these tokens for its own. */
    arn: `live-check-${hex(random(16))}`,
    before: [] as readonly Found[],
    made: [] as Minted[],
    hasFailed: false,
    /** A token may have been made of which nothing was heard. */
    hasLostAnswer: false,
    steps: [] as Step[],
    seen: {} as { settleSeconds?: number; deathSeconds?: number; valueBytes?: number },
    differences: [] as Difference[],
    leftBehind: [] as string[],

    async step<Result>(name: string, whyNot: string | undefined, act: () => Promise<Result>): Promise<Result | undefined> {
      const reason = signal?.aborted ? 'it was stopped' : whyNot;
      if (reason === undefined) return run.always(name, act);
      run.note({ name, outcome: 'skipped', detail: reason });
      return undefined;
    },

    async always<Result>(name: string, act: () => Promise<Result>): Promise<Result | undefined> {
      try {
        const result = await act();
        run.note({ name, outcome: 'passed' });
        return result;
      } catch (error) {
        run.hasFailed = true;
        run.hasLostAnswer ||= error instanceof RotationError && !error.definite;
        run.note({ name, outcome: 'failed', detail: sentence(error) });
        return undefined;
      }
    },

    note(step: Step): void {
      run.steps.push(step);
      say(step);
    },

    differ(fact: string, says: string, seen: string): void {
      run.differences.push({ fact, says, seen });
    },

    named: (ref: string) => (facts.secretRefPart === undefined ? ref : 'a token whose ref is secret'),

    async verify(credential: Credential): Promise<'taken' | 'refused'> {
      return (await rotator.verify(asToken, credential)).ok ? 'taken' : 'refused';
    },

    find: async () => (rotator.find === undefined ? [] : rotator.find(asAuthority)),

    async revoke(token: { readonly ref: string; readonly credential?: Credential }): Promise<void> {
      await rotator.revoke?.(asAuthority, token);
    },
  };
  return run;
}

/** Asks again until it is so; the second at which it last was not, which is the least that it took. Throws the sentence when it is not so in time. */
async function until(
  { subject: { clock }, isStopped }: Run,
  seconds: number,
  isSo: () => Promise<boolean>,
  otherwise: string,
): Promise<number> {
  const startedAt = clock.now();
  const patience = Math.min(seconds, longestWaitSeconds) * 1000;
  let least = 0;
  for (let wait = 250; ; wait = Math.min(wait * 2, 5000)) {
    const waited = clock.now() - startedAt;
    if (await isSo()) return least;
    least = Math.floor(waited / 1000);
    if (isStopped()) throw new Failed(`${otherwise}, and it was stopped`);
    if (waited >= patience) throw new Failed(`${otherwise} after ${least} s`);
    await clock.sleep(wait);
  }
}

function sentence(error: unknown): string {
  if (error instanceof Failed) return error.message;
  if (error instanceof RotationError) return `${error.code}: ${error.message}. ${error.fix}`;
  return error instanceof Error ? error.constructor.name : 'something that is no error was thrown';
}

/** Another one of the same form. Not the last characters, of which some encodings ignore a part. */
function altered(text: string): string {
  const at = Math.max(0, text.length - 8);
  const changed = [...text.slice(at, at + 4)].map((letter) => (letter === 'a' ? 'b' : 'a')).join('');
  return `${text.slice(0, at)}${changed}${text.slice(at + 4)}`;
}

/** The authority with every secret in it altered; undefined where it has none. */
function withAltered(authority: unknown): unknown {
  const fields = Object.entries((authority ?? {}) as object);
  if (!fields.some(([, value]) => value instanceof Secret)) return undefined;
  return Object.fromEntries(
    fields.map(([name, value]) => [name, value instanceof Secret ? new Secret(altered(value.reveal())) : value]),
  );
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
