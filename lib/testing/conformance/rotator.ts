import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { AnyRotator, AuthorityContext, Credential, Found, Minted } from '../../engine/contract.ts';
import { type Ability, cannot } from '../../engine/facts.ts';
import { judge, settle } from '../../engine/judge.ts';
import { readMark, secretHash, writeMark } from '../../engine/mark.ts';
import type { OpenToken } from '../../engine/open-token.ts';
import { concrete } from '../../engine/ports.ts';
import { Secret } from '../../engine/secret.ts';
import { strayMinimumAgeHours } from '../../engine/strays.ts';
import { originOf } from '../../http/origin.ts';
import type { RotatorFakeFactory } from '../fake.ts';
import { findLeaks } from '../hunt.ts';
import { awsError } from '../in-process.ts';
import { createStage, hour, type Stage, specificRotator } from '../stage.ts';
import type { OutwardCall } from '../world.ts';
import {
  answerOddly,
  codeOf,
  endless,
  mostPages,
  networkError,
  neverSent,
  type OddAnswer,
  pastTheDoor,
  refusals,
  unclear,
} from './answers.ts';
import { assertReasons, type ConformanceCheck, collectChecks } from './check.ts';

/**
 * Everything that a rotator is held to, on its fake and through the real engine. A plug-in that passes can be trusted with a token; one
 * that cannot do something says so in its facts, and is skipped there with that reason.
 */
export function rotatorConformance(plugin: AnyRotator, rotatorFake: RotatorFakeFactory): readonly ConformanceCheck[] {
  // What it can may follow from the scope, and is then what it can for that of its fake.
  const rotator = specificRotator(plugin, createStage({ rotator: plugin, rotatorFake }).provider);
  const { facts } = rotator;
  const { checks, check, when } = collectChecks();
  const isMinting: Ability = facts.kind === 'assisted' ? cannot('only a person can make this token') : { can: true };
  const mints = when(isMinting);
  const isOverHttp: Ability =
    facts.api === undefined ? cannot('it speaks to AWS and not to an address of its own') : { can: true };
  const isOverAws: Ability =
    facts.api === undefined ? { can: true } : cannot('it speaks to an address of its own and not to AWS');
  // What we choose is stored before the provider learns of it, so that no answer can be lost and every call may be repeated.
  const isChosen = facts.strategy === 'byo';

  // ------------------------------------------------------------------------------------------------ what it says of itself

  check('has the optional powers that its facts say, and no others', async () => {
    const says = { find: facts.list.can, revoke: facts.revoke.can, install: facts.strategy === 'byo' };
    for (const [method, can] of Object.entries(says)) {
      assert.equal(typeof rotator[method as 'find'] === 'function', can, `${method}: facts and method disagree`);
    }
    if (facts.lastUsed.can) assert.equal(typeof rotator.inspect, 'function', 'inspect is missing');
  });

  check('says where each fact comes from, what to do by hand, and what to do if all else fails', async () => {
    assert.ok(facts.sources.length > 0 && facts.proven.length > 0);
    for (const { says, url, checked } of facts.sources)
      assert.match(`${says} ${url} ${checked}`, /\S https:\/\/\S+ \d{4}-\d{2}-\d{2}$/);
    for (const { says, setting } of facts.unconfirmed) assert.ok(says !== '' && setting !== '');
    assert.ok(facts.title !== '' && facts.summary !== '', 'it has no title or no summary');
    const { mark, list, revoke, expiry, scopes, lastUsed, slots } = facts;
    assertReasons({ mark, list, revoke, expiry, scopes, lastUsed, slots });
    assert.ok(facts.byHand.length > 0 && facts.leastPrivilege.length > 0 && facts.ifAllElseFails !== '');
    for (const part of facts.requiredParts) assert.ok(part in facts.parts, `requiredParts names ${part}, which is no part`);
  });

  check('refuses a scope and an authority that are not of its shape', async () => {
    const { provider } = createStage({ rotator, rotatorFake });
    assert.ok(rotator.scope.safeParse(provider.scope).success, 'it refuses the scope of its own fake');
    assert.ok(rotator.authority.safeParse(provider.authority).success, 'it refuses the authority of its own fake');
    for (const wrong of [null, 7, [], 'text', { ...provider.scope, unknownField: 1 }]) {
      assert.ok(!rotator.scope.safeParse(wrong).success, 'it takes a scope that is none');
    }
    for (const name of Object.keys(provider.authority)) {
      const { [name]: _left, ...rest } = provider.authority;
      assert.ok(!rotator.authority.safeParse({ ...rest, [`not-${name}`]: 'x' }).success, `it takes an authority without ${name}`);
    }
  });

  // ------------------------------------------------------------------------------------------------ a token's life

  mints('mints a token that works and that its ref names', async () => {
    const { stage, open, minted } = await mintOne();

    await settle(open, minted.credential, stage.clock.now());

    const truth = stage.provider.state.tokens.find(({ value }) => value === minted.credential.value.reveal());
    assert.equal(truth?.ref, minted.ref);
    assert.ok(minted.credential.value.bytes <= facts.valueBytes, 'facts.valueBytes is too small');
    for (const part of Object.keys(facts.parts)) assert.ok(minted.credential.parts[part], `the part ${part} was not issued`);
  });

  check('verifies without a change, and only what works', async () => {
    const { stage, open, minted } = await mintOne();
    await settle(open, minted.credential, stage.clock.now());
    const before = JSON.stringify(liveRefs(stage));

    const garbage = { ...minted.credential, value: new Secret('canary-garbage-0123456789') };
    const verdict = await rotator.verify(open.asToken, garbage);

    assert.equal(verdict.ok, false, 'a token that is none was taken for one');
    assert.equal(JSON.stringify(liveRefs(stage)), before);
  });

  mints('is `not-yet` while a fresh token is still refused, and works after settleSeconds', async () => {
    const { stage, open, minted } = await mintOne();
    const bornAt = stage.clock.now();

    const first = await judge(open, minted.credential, bornAt);
    stage.clock.advance(facts.settleSeconds * 1000 + 1);
    const later = await judge(open, minted.credential, bornAt);

    if (!first.ok) assert.equal(first.why, 'not-yet');
    assert.equal(later.ok, true, 'it is still refused after settleSeconds');
  });

  when(facts.revoke)('revokes, twice as well as once, and the token is dead after deathSeconds', async () => {
    const { stage, open, minted } = await mintOne();
    const revoke = required(rotator.revoke).bind(rotator);

    await open.withAuthority((context) => revoke(context, minted));
    await open.withAuthority((context) => revoke(context, minted));
    await open.withAuthority((context) => revoke(context, { ref: minted.ref })); // without the value, as for a stray
    stage.clock.advance((Math.max(facts.deathSeconds, facts.settleSeconds) + 1) * 1000);

    const verdict = await rotator.verify(open.asToken, minted.credential);
    assert.equal(verdict.ok, false, 'it is still taken after deathSeconds');
    assert.ok(!stage.live().includes(minted.credential.value.reveal()));
  });

  when(facts.revoke)('revokes nothing but what it was asked to', async () => {
    const { stage, open, minted } = await mintOne();
    const other = await mint(stage, open);
    const theirs = stage.provider.makeByHand('somebody else');
    const revoke = required(rotator.revoke).bind(rotator);

    await open.withAuthority((context) => revoke(context, minted));

    for (const value of [other.credential.value.reveal(), theirs.value])
      assert.ok(stage.live().includes(value), 'another token went too');
  });

  when(facts.list)('lists every live token, ours and theirs, over all pages, and none that is gone', async () => {
    const { stage, open, minted } = await mintOne();
    const many = facts.slots.can ? Math.min(120, facts.slots.live - 1) : 120;
    for (let count = 1; count < many; count += 1) stage.provider.makeByHand(`theirs ${count}`);
    const gone = await mintIfRoom(stage, open, many + 1);
    if (gone !== undefined && rotator.revoke) await revokeNow(open, gone);

    const found = await findAll(open);

    assert.deepEqual(found.map(({ ref }) => ref).sort(), liveRefs(stage));
    assert.ok(found.some(({ ref }) => ref === minted.ref));
  });

  when(facts.list)('gives up on a list that never ends', async () => {
    const { stage, open } = await mintOne();
    const many = facts.slots.can ? Math.min(120, facts.slots.live - 1) : 120;
    for (let count = 1; count < many; count += 1) stage.provider.makeByHand(`theirs ${count}`);
    const asked = endless(stage, () => true);

    await codeOf(() => findAll(open));

    assert.ok(asked.count <= mostPages, `it asked for more than ${mostPages} pages`);
  });

  when(facts.mark.can ? facts.list : facts.mark)('keeps our mark, by which secret, attempt and age can be told', async () => {
    const { stage, open, minted, mark } = await mintOne();

    const found = (await findAll(open)).find(({ ref }) => ref === minted.ref);

    assert.ok(mark !== undefined && mark.length <= (facts.mark.can ? facts.mark.maximumCharacters : 0));
    assert.equal(readMark(found?.name)?.secret, secretHash(stage.arn));
    assert.equal(readMark(found?.name)?.mintedAt, Math.floor(stage.clock.now() / 1000) * 1000);
  });

  when(facts.mark)("leaves another installation's token alone, however old", async () => {
    const { stage } = await mintOne();
    const elsewhere = {
      secretArn: `${stage.arn.slice(0, -6)}Others`,
      clientRequestToken: 'x'.repeat(36),
      now: 0,
      random: new Uint8Array(4),
    };
    const room = { maximumCharacters: facts.mark.can ? facts.mark.maximumCharacters : 0, tokenName: 'the-token' };
    const theirs = stage.provider.makeByHand(writeMark(elsewhere, room));
    stage.clock.advance(1000 * hour);

    await stage.sweepStrays();

    assert.ok(stage.live().includes(theirs.value), 'a token with a foreign mark was revoked');
  });

  when(isMinting.can ? facts.list : isMinting)(
    'finds a token whose answer was lost, mints no second one meanwhile, and ends it when it is old enough',
    async () => {
      const { stage } = await prepare({ switches: { retryCount: 9 } });
      let isLosing = true;
      stage.interfere(async (_call, effect) => {
        const before = stage.provider.state.tokens.length;
        const answer = await effect();
        if (!isLosing || stage.provider.state.tokens.length === before) return answer;
        isLosing = false;
        throw networkError('ECONNRESET');
      });

      const errors = await stage.rotate();
      stage.clock.advance(61_000);
      await stage.driver.tick();
      assert.deepEqual(
        errors.map(({ code }) => code),
        isChosen ? [] : ['uncertain'],
      );
      assert.equal(stage.live().length, 1, 'a second token was minted while the first might turn up');
      stage.clock.advance((strayMinimumAgeHours + 0.5) * hour);
      await stage.sweepStrays();
      await stage.driver.tick();

      assert.equal(stage.live().length, 1);
      assert.equal(stage.live()[0], stage.value());
    },
  );

  when(isMinting.can ? facts.slots : isMinting)('fails before minting when every slot is taken', async () => {
    const { stage } = await prepare();
    const live = facts.slots.can ? facts.slots.live : 0;
    for (let count = 0; count < live; count += 1) stage.provider.makeByHand(`theirs ${count}`);
    const before = stage.provider.state.tokens.length;

    const errors = await stage.rotate();

    assert.deepEqual(
      errors.map(({ code }) => code),
      ['key-limit'],
    );
    assert.equal(stage.provider.state.tokens.length, before);
  });

  when(facts.scopes)('tells what a token may do', async () => {
    const { stage, open, minted } = await mintOne();
    const verdict = await settle(open, minted.credential, stage.clock.now());

    const told = verdict.scopes ?? (await inspectIt(open, minted)).scopes;

    assert.ok(told !== undefined && told.length > 0, 'neither verify nor inspect tells a scope');
  });

  when(facts.expiry)('tells when a token expires, where the token has an end', async () => {
    const { stage, open, minted } = await mintOne();
    const truth = stage.provider.state.tokens.find(({ ref }) => ref === minted.ref)?.expiresAt;
    const verdict = await settle(open, minted.credential, stage.clock.now());

    const told = verdict.expiresAt ?? (await inspectIt(open, minted)).expiresAt;

    if (truth === undefined) assert.equal(told, undefined);
    else assert.ok(told !== undefined && Math.abs(told - truth) < 86_400_000);
  });

  when(facts.lastUsed)('tells when a token was last used, as exactly as it says, and that it never was', async () => {
    const { stage, open, minted } = await mintOne();
    const blur = facts.lastUsed.can ? (facts.lastUsed.granularityMinutes + facts.lastUsed.lagMinutes) * 60_000 : 0;
    assert.ok((await inspectIt(open, minted)).lastUsedAt === null, 'an unused token was called used, or its use is not told');

    stage.clock.advance(facts.settleSeconds * 1000 + 1);
    await rotator.verify(open.asToken, minted.credential);
    const usedAt = stage.clock.now();
    stage.clock.advance(blur + 1000);

    const { lastUsedAt } = await inspectIt(open, minted);
    assert.ok(typeof lastUsedAt === 'number' && Math.abs(lastUsedAt - usedAt) <= blur, 'the use was not told');
  });

  check('lives a whole life in the engine, and asking again changes nothing', async () => {
    const { stage } = await prepare();
    submitWhereNeeded(stage);
    assert.deepEqual(await stage.rotate(), []);
    stage.clock.advance(48 * hour);
    submitWhereNeeded(stage);
    const versionId = stage.begin();
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      await stage.step(step, versionId);
      const before = stateOf(stage);
      await stage.step(step, versionId);
      assert.equal(stateOf(stage), before, `${step} twice was not the same as once`);
    }
    for (const step of ['createSecret', 'setSecret', 'testSecret', 'finishSecret'] as const) {
      const before = stateOf(stage);
      await stage.step(step, versionId);
      assert.equal(stateOf(stage), before, `${step} replayed after the end changed something`);
    }
    await stage.retireFully();
    if (!facts.revoke.can) return;

    assert.deepEqual(stage.live(), [stage.value()]);
    assert.deepEqual(await stage.retire(), []);
  });

  // ------------------------------------------------------------------------------------------------ awkward answers

  for (const odd of [...refusals, ...unclear, ...neverSent]) {
    when(isMinting.can ? isOverHttp : isMinting)(
      `sorts ${odd.name} in answer to a mint, which is not repeated where it may have taken effect`,
      async () => {
        const looks = await looksOfAMint();
        const { stage } = await prepare();
        let touched = 0;
        stage.interfere(async (call, effect) => {
          if (!isChange(call) || looks.has(call.what)) return effect();
          touched += 1;
          return answerOddly(odd);
        });

        const errors = await stage.rotate();

        const unclearCodes = isChosen ? [...odd.codes, 'uncertain'] : ['uncertain'];
        const expected: readonly string[] = odd.isDefinite ? odd.codes : unclearCodes;
        assert.ok(errors.length === 1 && expected.includes(errors[0]?.code ?? ''), `${odd.name} became ${errors[0]?.code}`);
        assert.ok(touched <= (odd.isDefinite || isChosen ? 3 : 1), 'a mint was repeated after an unclear answer');
        assertNoLeak(stage, [errors]);
      },
    );
  }

  for (const odd of [...unclear, ...neverSent]) {
    when(isOverHttp)(`takes ${odd.name} for no verdict`, async () => {
      const { stage, open, minted } = await mintOne();
      stage.clock.advance(facts.settleSeconds * 1000 + 1);
      const code = await underOddAnswers(stage, odd, () => rotator.verify(open.asToken, minted.credential));
      assert.ok(odd.codes.includes(code as never), `${odd.name} became ${code}`);
    });

    when(isOverHttp.can ? facts.list : isOverHttp)(`takes ${odd.name} for no list`, async () => {
      const { stage, open } = await mintOne();
      const code = await underOddAnswers(stage, odd, () => findAll(open));
      assert.ok(odd.codes.includes(code as never), `${odd.name} became ${code}`);
    });
  }

  when(isOverHttp.can ? facts.revoke : isOverHttp)('does not take a fault of the provider for a revocation', async () => {
    const { stage, open, minted } = await mintOne();
    for (const odd of [...refusals, ...unclear.slice(0, 3), ...neverSent]) {
      const code = await underOddAnswers(stage, odd, () => revokeNow(open, minted));
      assert.notEqual(code, 'no error', `${odd.name} to a revoke was taken for done`);
    }
  });

  when(isOverHttp)('says `limited` to a 429 at verify, and never `rejected`', async () => {
    const { stage, open, minted } = await mintOne();
    const code = await underOddAnswers(stage, required(refusals[2]), () => rotator.verify(open.asToken, minted.credential));
    assert.equal(code, 'limited');
    const judgement = await oddly(stage, required(refusals[2]), () => judge(open, minted.credential));
    assert.deepEqual({ ok: judgement.ok, why: !judgement.ok && judgement.why }, { ok: false, why: 'limited' });
  });

  when(isOverAws)('takes no fault of AWS for a verdict, a list or a revocation, and repeats no mint after one', async () => {
    for (const [name, status, code] of awsFaults) {
      const { stage, open, minted } = await mintOne();
      const fail = () =>
        stage.interfere(async (call, effect) => (isOfProvider(call) ? Promise.reject(awsError(name, status)) : effect()));
      const restore = fail();
      assert.equal(await codeOf(() => rotator.verify(open.asToken, minted.credential)), code, `${name} to verify`);
      if (facts.list.can) assert.notEqual(await codeOf(() => findAll(open)), 'no error', `${name} for a list`);
      if (facts.revoke.can) assert.notEqual(await codeOf(() => revokeNow(open, minted)), 'no error', `${name} to a revoke`);
      restore();
      assert.equal(stage.live().length, 1);
    }
    const { stage } = await prepare();
    let touched = 0;
    stage.interfere(async (call, effect) => {
      if (!isOfProvider(call) || !call.what.startsWith('Create')) return effect();
      touched += 1;
      throw awsError('TimeoutError', undefined);
    });
    const errors = await stage.rotate();
    assert.deepEqual([errors.map(({ code }) => code), touched], [['uncertain'], 1]);
  });

  check('calls only the hosts that its facts declare, and puts no secret into an address', async () => {
    const { stage } = await prepare();
    const past = await pastTheDoor(async () => {
      submitWhereNeeded(stage);
      await stage.rotate();
      stage.clock.advance(48 * hour);
      submitWhereNeeded(stage);
      await stage.rotate();
      await stage.retireFully();
      await stage.sweepStrays();
    });
    assert.deepEqual(past, [], 'it asked the network by itself, and not through `http`');
    const declared = [facts.api, ...(facts.otherHosts ?? [])].flatMap((address) =>
      address === undefined ? [] : concrete(address, stage.provider.scope).map(originOf),
    );
    const called = stage.calls.filter(({ to }) => to === 'network').map(({ what }) => what.replace(/^[A-Z]+ /, ''));

    for (const url of called) assert.ok(declared.includes(originOf(url)), `${originOf(url)} is not in its facts`);
    assert.deepEqual(findLeaks(called.join('\n'), secretsOf(stage), { wholeOnly: true }), []);
    assertNoLeak(stage, []);
  });

  check('says of a value that no header takes what is wrong with it, and sends nothing', async () => {
    const { stage, open, minted } = await mintOne();
    const before = stage.calls.length;
    const bad = { ...minted.credential, value: new Secret('canary-with\na-newline-in-it') };

    const code = await codeOf(() => rotator.verify(open.asToken, bad));

    assert.ok(code === 'value-shape' || code === 'no error', `it became ${code}`);
    if (code === 'value-shape') assert.equal(stage.calls.length, before);
  });

  return checks;

  // ------------------------------------------------------------------------------------------------ how it is done

  async function prepare(options: Parameters<typeof createStage>[1] = {}): Promise<{ stage: Stage; open: OpenToken }> {
    // A person who makes tokens is somebody else, so that nobody can be the only one who does.
    const exclusive = isMinting.can && !facts.mark.can;
    const stage = createStage({ rotator, rotatorFake }, { ...options, token: { exclusive } });
    return { stage, open: await stage.open(stage.token) };
  }

  /** Where only a person can make the token, somebody does, and submits it. */
  function submitWhereNeeded(stage: Stage): void {
    if (isMinting.can) return;
    const { value, parts } = stage.provider.makeByHand('made by a person');
    stage.clock.advance((facts.settleSeconds + 1) * 1000); // nobody pastes faster
    stage.submit({ value, parts });
  }

  async function mintOne() {
    const { stage, open } = await prepare();
    const minted = await mint(stage, open);
    return { stage, open, minted, mark: minted.mark };
  }

  async function mint(stage: Stage, open: OpenToken): Promise<Minted & { mark: string | undefined }> {
    if (!isMinting.can) {
      const { ref, value, parts = {} } = stage.provider.makeByHand('made by a person');
      const secrets = Object.entries(parts).map(([name, part]) => [name, new Secret(part)]);
      return { credential: { value: new Secret(value), parts: Object.fromEntries(secrets) }, ref, mark: undefined };
    }
    const attempt = { secretArn: stage.arn, clientRequestToken: `attempt-${stage.provider.state.tokens.length}`.padEnd(36, '0') };
    const mark = facts.mark.can
      ? writeMark(
          { ...attempt, now: stage.clock.now(), random: stage.ports.random(4) },
          { maximumCharacters: facts.mark.maximumCharacters, tokenName: 'the-token' },
        )
      : undefined;
    const minted = await open.withAuthority((context) =>
      rotator.mint(context, { mark, now: stage.clock.now(), random: stage.ports.random }),
    );
    const install = rotator.install?.bind(rotator);
    if (install) await open.withAuthority((context) => install(context, minted, mark));
    return { ...minted, mark };
  }

  /** Calls of a mint that change no token though they look like it: access is asked for by POST as well. */
  async function looksOfAMint(): Promise<ReadonlySet<string>> {
    const { stage } = await prepare();
    const looks = new Set<string>();
    stage.interfere(async (call, effect) => {
      const before = JSON.stringify(liveRefs(stage));
      const answer = await effect();
      if (isChange(call) && JSON.stringify(liveRefs(stage)) === before) looks.add(call.what);
      return answer;
    });
    await stage.rotate();
    return looks;
  }

  async function mintIfRoom(stage: Stage, open: OpenToken, count: number): Promise<Minted | undefined> {
    return facts.slots.can && count > facts.slots.live ? undefined : mint(stage, open);
  }

  async function findAll(open: OpenToken): Promise<readonly Found[]> {
    const find = required(rotator.find).bind(rotator);
    return open.withAuthority((context: AuthorityContext<unknown, unknown>) => find(context));
  }

  async function revokeNow(open: OpenToken, minted: Minted): Promise<void> {
    const revoke = required(rotator.revoke).bind(rotator);
    await open.withAuthority((context) => revoke(context, minted));
  }

  async function inspectIt(open: OpenToken, { ref, credential }: { ref: string; credential: Credential }) {
    const look = required(rotator.inspect).bind(rotator);
    return open.withAuthority((context) => look(context, { ref, credential }));
  }
}

/** What AWS may answer to a look, and how it is told. */
const awsFaults = [
  ['Throttling', 400, 'limited'],
  ['AccessDenied', 403, 'refused'],
  ['ServiceFailure', 500, 'uncertain'],
  ['TimeoutError', undefined, 'uncertain'],
] as const;

/** A call to a service of AWS that is not about a secret. */
function isOfProvider({ to, secret }: OutwardCall): boolean {
  return to === 'aws' && secret === undefined;
}

/** A change at the provider: what minting does and looking does not. */
function isChange({ to, what }: OutwardCall): boolean {
  return to === 'network' && /^(POST|PUT|PATCH) /.test(what);
}

/** Runs something while the network answers oddly. */
async function oddly<Result>(stage: Stage, odd: OddAnswer, act: () => Promise<Result>): Promise<Result> {
  const restore = stage.interfere(async (call, effect) => (call.to === 'network' ? answerOddly(odd) : effect()));
  try {
    return await act();
  } finally {
    restore();
  }
}

/** The code of what went wrong, which may tell nothing of a value. */
async function underOddAnswers(stage: Stage, odd: OddAnswer, act: () => Promise<unknown>): Promise<string> {
  let problem: unknown;
  const code = await oddly(stage, odd, () =>
    codeOf(() =>
      act().catch((error) => {
        problem = error;
        throw error;
      }),
    ),
  );
  assertNoLeak(stage, [problem]);
  return code;
}

function liveRefs({ provider }: Stage): readonly string[] {
  return provider.state.tokens
    .filter(({ revokedAt }) => revokedAt === undefined)
    .map(({ ref }) => ref)
    .sort();
}

function stateOf(stage: Stage): string {
  return JSON.stringify([liveRefs(stage), stage.labels(), stage.text()]);
}

/** Everything that may be seen nowhere: every value ever issued, and the authority's secret parts. */
function secretsOf(stage: Stage): readonly string[] {
  const values = stage.provider.state.tokens.map(({ value }) => value);
  return [...values, ...Object.values(stage.provider.authority).filter((text) => text.startsWith('canary-'))];
}

function assertNoLeak(stage: Stage, more: readonly unknown[]): void {
  const seen = inspect([stage.logs, stage.happenings, ...more], { depth: 9, maxStringLength: null, maxArrayLength: null });
  assert.deepEqual(findLeaks(seen, secretsOf(stage)), [], 'a value is in a log, an event or an error');
}

function required<Thing>(thing: Thing | undefined): Thing {
  assert.ok(thing !== undefined);
  return thing;
}
