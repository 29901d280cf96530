import { rehearsedConfiguration } from './configuration.ts';
import type { Minted } from './contract.ts';
import { mint } from './create-secret.ts';
import { assertDeclared } from './declared.ts';
import { isDoubtful } from './doubt.ts';
import { canDrill } from './drillable.ts';
import { asRotationError, RotationError } from './errors.ts';
import { settle } from './judge.ts';
import { readHold, underwayIn } from './labels.ts';
import { intendMint, needsMintReceipts, settleMint } from './mint-receipts.ts';
import type { OpenToken } from './open-token.ts';
import { assertNotPaused } from './pauses.ts';
import type { SecretState } from './ports.ts';
import { aSlotIsFree, liveTokens } from './preflight.ts';
import { isDead } from './retire.ts';
import { tellQuietly } from './step.ts';
import { note } from './watch.ts';

/** What a rehearsal came to. `seconds` is how long each part took; the part that failed is not among them. */
export type Drilled =
  | { readonly outcome: 'passed'; readonly seconds: DrillSeconds }
  | {
      readonly outcome: 'failed';
      readonly at: DrillPart;
      readonly code: string;
      readonly message: string;
      readonly fix: string;
      readonly seconds: DrillSeconds;
      /** It is not proven that the token that was made is dead. Where its name at the provider is no secret, that name. */
      readonly left?: string;
    };

export type DrillPart = 'making' | 'checking' | 'ending' | 'proving it dead';
export type DrillSeconds = Readonly<Partial<Record<DrillPart, number>>>;

/** The rest of the function's life, and a while for telling. */
const longestDeathSeconds = 300;

/**
 * Rehearses a renewal: a token is made that nobody gets, it works and is what the catalog declares, it is ended, and the provider refuses it. No
 * label is moved, no place is written to, and what is current is not even read. Where it dies in the middle, what it made bears our mark (or was
 * asked for in writing), so that it is found and ended like any other that nobody holds. Throws what stands against rehearsing at all; what
 * goes wrong in it is its result.
 */
export async function drill(open: OpenToken, secretArn: string): Promise<Drilled> {
  const { ports } = open;
  const state = await ports.store.describe(secretArn);
  await assertMayDrill(open, state);
  const seconds: Partial<Record<DrillPart, number>> = {};
  // The first: what goes wrong with ending says less than why it has to be ended.
  let failed: { readonly at: DrillPart; readonly problem: unknown } | undefined;
  let left: string | undefined;
  const part = async <Result>(name: DrillPart, act: () => Promise<Result>): Promise<Result> => {
    const startedAt = ports.clock.now();
    try {
      const result = await act();
      seconds[name] = Math.round((ports.clock.now() - startedAt) / 100) / 10;
      return result;
    } catch (problem) {
      failed ??= { at: name, problem };
      throw problem;
    }
  };
  try {
    const { minted, settled } = await part('making', () => make(open, state));
    left = nameOf(open, minted);
    try {
      await part('checking', () => check(open, minted));
    } finally {
      // Nobody has it, so it may go whatever was wrong with it.
      await part('ending', () => end(open, minted));
      await part('proving it dead', () => assertDead(open, minted));
      await settled();
      left = undefined;
    }
  } catch (thrown) {
    const { at, problem } = failed ?? { at: 'making', problem: thrown };
    const error = asRotationError(problem, 'drill');
    const { code, message } = error;
    const mayHaveCome = at === 'making' && !error.definite;
    const fix = mayHaveCome ? `${error.fix} ${whatMayHaveCome}` : error.fix;
    const debt = left === undefined ? '' : `; the token made for it (${left}) may still work`;
    await tell(open, state, 'drill.failed', `the rehearsal of a renewal failed at ${at}: ${message}${debt}`, { code, fix });
    await note(
      open,
      ['drill-failed'],
      [{ code: 'drill-failed', about: at, message: `its renewal was rehearsed and failed at ${at}: ${message}`, fix }],
    );
    return { outcome: 'failed', at, code, message, fix, seconds, ...(left === undefined ? {} : { left }) };
  }
  await tell(open, state, 'drill.passed', `a renewal was rehearsed in ${whole(seconds)} seconds`);
  await note(open, ['drill-failed'], []);
  await noteProven(open);
  return { outcome: 'passed', seconds };
}

/** The sweep for strays finds it by its mark, or by what was written down before it was asked for. */
const whatMayHaveCome = 'If a token was made for the rehearsal, nobody has it, and a sweep ends it in some hours.';

function nameOf({ rotator }: OpenToken, { ref }: Minted): string {
  return rotator.facts.secretRefPart === undefined ? ref : 'its name at the provider is a secret, too';
}

/** So that it is not rehearsed again before the next look. */
async function noteProven({ ports, token }: OpenToken): Promise<void> {
  const health = await ports.records.health(token.name).catch(() => undefined);
  if (health !== undefined) await ports.records.saveHealth({ ...health, provenAt: ports.clock.now() }).catch(() => {});
}

async function assertMayDrill(open: OpenToken, state: SecretState): Promise<void> {
  const { token, rotator } = open;
  const { facts } = rotator;
  if (facts.kind === 'assisted')
    throw cannot(
      'rejected',
      `${token.name}: only a person can make this token`,
      `Walk through its runbook with its backup: \`keyturn drill ${token.name}\` says how.`,
    );
  if (!canDrill(facts) || rotator.revoke === undefined)
    throw cannot(
      'rejected',
      `${token.provider}: a new token takes the place of the one in use, or cannot be ended by a call, so that rehearsing would be renewing`,
      `Its renewals are its rehearsals: \`keyturn rotate ${token.name}\`.`,
    );
  if (token.mode !== 'retire' || token.rotation === 'external')
    throw cannot(
      'observing',
      `${token.name}: nothing of it may be ended, so none is made for a rehearsal`,
      'Set `mode: retire` in its entry.',
    );
  if (readHold(state) !== undefined)
    throw cannot(
      'paused',
      `${token.name}: is on hold, and nothing of it is ended`,
      `Run \`keyturn release ${token.name}\` first.`,
    );
  if (underwayIn(state) !== undefined)
    throw cannot('conflict', `${token.name}: is being renewed just now`, 'Rehearse when that is over.');
  await assertNotPaused(open);
}

async function make(open: OpenToken, state: SecretState): Promise<{ minted: Minted; settled: () => Promise<void> }> {
  const live = await liveTokens(open);
  if (live !== undefined) await aSlotIsFree(open, state, live);
  // An attempt of its own, so that no rotation takes what is lost here for its own.
  const job = { secretArn: state.arn, clientRequestToken: `drill-${Buffer.from(open.ports.random(16)).toString('hex')}` };
  const intended = needsMintReceipts(open) ? await intendMint(open, job, await isDoubtful(open, state)) : undefined;
  const settled = () => settleMint(open, state.arn, intended);
  return { minted: await mint(open, job, settled), settled };
}

async function check(open: OpenToken, { credential, ref }: Minted): Promise<void> {
  const verdict = await settle(open, credential, open.ports.clock.now());
  const inspect = open.rotator.inspect?.bind(open.rotator);
  const told = inspect && (await open.withAuthority((context) => inspect(context, { credential, ref })));
  assertDeclared(open, verdict, told);
}

async function end(open: OpenToken, { credential, ref }: Minted): Promise<void> {
  const revoke = open.rotator.revoke?.bind(open.rotator);
  if (revoke !== undefined) await open.withAuthority((context) => revoke(context, { credential, ref }));
}

async function assertDead(open: OpenToken, { credential }: Minted): Promise<void> {
  if (await isDead(open, credential, longestDeathSeconds)) return;
  throw new RotationError('still-alive', `${open.token.provider}: accepts the rehearsal token after its revocation`, {
    fix: 'See at the provider whether it is ended, and end it there by hand if it is not.',
  });
}

function whole(seconds: DrillSeconds): number {
  return Math.round(Object.values(seconds).reduce((sum, each) => sum + each, 0));
}

async function tell(
  open: OpenToken,
  { arn }: SecretState,
  what: 'drill.passed' | 'drill.failed',
  how: string,
  more: { readonly code?: RotationError['code']; readonly fix?: string } = {},
): Promise<void> {
  const proof = what === 'drill.passed' ? { proves: rehearsedConfiguration(open.token) } : {};
  const happened = { what, secretArn: arn, message: `${open.token.name}: ${how}`, ...more };
  await tellQuietly(open, happened, { ...proof, isEachTime: true });
}

function cannot(code: 'rejected' | 'observing' | 'paused' | 'conflict', message: string, fix: string): RotationError {
  return new RotationError(code, message, { fix, definite: true });
}
