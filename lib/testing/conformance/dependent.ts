import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import type { AnyDependent, Copy, DependentContext, Effect, Evidence, Holding } from '../../engine/contract.ts';
import { RotationError } from '../../engine/errors.ts';
import type { OpenDependent } from '../../engine/open-token.ts';
import { concrete } from '../../engine/ports.ts';
import { Secret } from '../../engine/secret.ts';
import { watch } from '../../engine/watch.ts';
import { originOf } from '../../http/origin.ts';
import type { DependentFake, DependentFakeFactory } from '../fake.ts';
import { findLeaks } from '../hunt.ts';
import { lantern, lanternFake } from '../lantern.ts';
import { type CastDependent, createStage, hour, type Stage, specificDependent } from '../stage.ts';
import { answerOddly, codeOf, endless, mostPages, neverSent, pastTheDoor, refusals, unclear } from './answers.ts';
import { assertReasons, type ConformanceCheck, collectChecks } from './check.ts';

/** Everything that a place which keeps a copy is held to, on its fake and through the real engine, with tokens of a made-up provider. */
export function dependentConformance(
  kind: AnyDependent,
  fake: DependentFakeFactory,
  { readsFrom }: { readonly readsFrom?: CastDependent } = {},
): readonly ConformanceCheck[] {
  // Whoever only reads what another place keeps comes after it.
  const cast = (plugin: AnyDependent): readonly CastDependent[] =>
    readsFrom === undefined ? [{ plugin, fake }] : [readsFrom, { plugin, fake, after: [0] }];
  const example = createStage({ rotator: lantern, rotatorFake: lanternFake, dependents: cast(kind) }).places.at(-1);
  // What it can may follow from the target, and is then what it can for that of its fake.
  const plugin = specificDependent(kind, example);
  const { facts } = plugin;
  const isAfter = facts.readsFrom === 'the-secret';
  const { checks, check, when } = collectChecks();
  const overHttp = when(
    facts.api === undefined ? { can: false, why: 'it speaks to AWS and not to an address of its own' } : { can: true },
  );

  // ------------------------------------------------------------------------------------------------ what it says of itself

  check('has activate where its facts say that a call is needed, and nowhere else', async () => {
    assert.equal(typeof plugin.activate === 'function', facts.activation === 'call');
  });

  check('says where each fact comes from, what to do by hand, and what to do if all else fails', async () => {
    assert.ok(facts.sources.length > 0 && facts.proven.length > 0);
    for (const { says, url, checked } of facts.sources)
      assert.match(`${says} ${url} ${checked}`, /\S https:\/\/\S+ \d{4}-\d{2}-\d{2}$/);
    for (const { says, setting } of facts.unconfirmed) assert.ok(says !== '' && setting !== '');
    assert.ok(facts.title !== '' && facts.summary !== '', 'it has no title or no summary');
    assertReasons({ maximumBytes: facts.maximumBytes, lock: facts.lock });
    assert.ok(facts.byHand.length > 0 && facts.leastPrivilege.length > 0 && facts.ifAllElseFails !== '');
    assert.ok(facts.api !== undefined || (facts.awsActions?.length ?? 0) > 0, 'it names neither an address nor AWS actions');
  });

  check('refuses a target and an authority that are not of its shape', async () => {
    const { place } = await prepare();
    assert.ok(plugin.target.safeParse(place.target).success, 'it refuses the target of its own fake');
    assert.ok(plugin.authority.safeParse(place.authority ?? {}).success, 'it refuses the authority of its own fake');
    for (const wrong of [null, 7, [], 'text', { ...place.target, unknownField: 1 }]) {
      assert.ok(!plugin.target.safeParse(wrong).success, 'it takes a target that is none');
    }
  });

  // ------------------------------------------------------------------------------------------------ reading and writing

  check('is absent at first, as far as it can tell, and looking changes nothing', async () => {
    const { place, read } = await prepare();
    const before = JSON.stringify([place.state, place.holds()]);

    const holding = await read();

    assert.notEqual(holding.exists, true);
    assert.equal(JSON.stringify([place.state, place.holds()]), before, 'reading changed something');
  });

  check('holds what was applied, and those who use it get it in the end', async () => {
    const { place, read, bring } = await prepare();

    await bring('canary-value-of-version-1');

    assert.equal(place.holds(), 'canary-value-of-version-1');
    const holding = await read();
    assert.notEqual(holding.exists, false);
    if (holding.matches) assert.ok(holding.matches(new Secret('canary-value-of-version-1')));
    if (facts.readClass === 'metadata')
      assert.ok(holding.version !== undefined, 'it can be read as metadata, and tells no version');
  });

  check('tells another value from ours, as far as its read class goes', async () => {
    const { place, read, bring, stage } = await prepare();
    await bring('canary-value-of-version-1');
    const ours = await read();
    stage.clock.advance(2000);

    place.tamper('canary-somebody-elses');

    const theirs = await read();
    if (facts.readClass === 'value' || facts.readClass === 'digest') {
      assert.ok(!theirs.matches?.(new Secret('canary-value-of-version-1')), "a stranger's value was taken for ours");
    }
    if (facts.readClass === 'metadata') assert.notEqual(theirs.version, ours.version, "a stranger's write was not seen");
  });

  check('applies twice as once, and goes back by applying the old value', async () => {
    const { place, bring } = await prepare();
    const before = JSON.stringify(place.neighbours() ?? null);
    await bring('canary-value-of-version-1');

    await bring('canary-value-of-version-2');
    await bring('canary-value-of-version-2');
    assert.equal(place.holds(), 'canary-value-of-version-2');
    await bring('canary-value-of-version-1');

    assert.equal(place.holds(), 'canary-value-of-version-1');
    assert.equal(JSON.stringify(place.neighbours() ?? null), before, 'something beside the copy was changed');
  });

  const wherePlaceIsEmpty = when(
    facts.readsFrom === undefined ? { can: false, why: 'it keeps a copy, and does not read another' } : { can: true },
  );
  wherePlaceIsEmpty('is not in effect while anything runs there that began before the change', async () => {
    const { stage, place, apply, activate, effect, bring } = await prepare();
    await bring('canary-value-of-version-1');
    place.given?.('canary-value-of-version-2');
    const copy = copyOf('canary-value-of-version-2');

    const applied = await apply(copy);
    assert.notEqual((await effect(copy, applied)).state, 'in-effect', 'nothing was started anew');
    const evidence = { ...applied, ...(await activate(copy, applied)) };
    let isOver = false;
    for (let wait = 0; !isOver && wait < 600; wait += 1) {
      isOver = (await effect(copy, evidence)).state === 'in-effect';
      if (isOver) assert.equal(place.holds(), 'canary-value-of-version-2', 'what began before the change still runs');
      stage.clock.advance(1000);
    }

    assert.ok(isOver, 'it does not come into effect');
  });

  const whereShadows = when(
    plugin.shadows === undefined ? { can: false, why: 'it does not look for what goes before it' } : { can: true },
  );
  whereShadows('tells of nothing that goes before it, where nothing does, and looking for it changes nothing', async () => {
    const { place, shadows, bring } = await prepare();
    await bring('canary-value-of-version-1');
    const before = JSON.stringify([place.state, place.holds()]);

    assert.deepEqual(await shadows(copyOf('canary-value-of-version-1')), []);

    assert.equal(JSON.stringify([place.state, place.holds()]), before, 'looking changed something');
  });

  check('is not in effect before it is', async () => {
    const { apply, effect, place } = await prepare();
    const first = copyOf('canary-value-of-version-1');
    place.given?.('canary-value-of-version-1');

    assert.notEqual((await effect(first, undefined)).state, 'in-effect', 'it is in effect before it was applied');
    const evidence = await apply(first);
    const state = (await effect(first, evidence)).state;

    if (state === 'in-effect' && facts.activation !== 'next-run') assert.equal(place.holds(), 'canary-value-of-version-1');
  });

  when(facts.lock)('does not write over a write that came between looking and writing', async () => {
    const { place, read, apply, bring } = await prepare();
    await bring('canary-value-of-version-1');
    const seen = await read();
    place.tamper('canary-somebody-elses');

    const code = await codeOf(() => apply(copyOf('canary-value-of-version-2'), seen));

    assert.equal(code, 'conflict');
    assert.equal(place.holds(), 'canary-somebody-elses');
  });

  when(facts.maximumBytes)('is not given a token that it cannot take', async () => {
    const bytes = facts.maximumBytes.can ? facts.maximumBytes.bytes : 0;
    const large = { ...lantern, facts: { ...lantern.facts, valueBytes: bytes + 1 } };
    const stage = createStage({ rotator: large, rotatorFake: lanternFake, dependents: cast(plugin) });

    const errors = await stage.rotate();

    assert.deepEqual(
      errors.map(({ code }) => code),
      ['too-large'],
    );
    assert.deepEqual(stage.live(), []);
  });

  // ------------------------------------------------------------------------------------------------ in the engine

  check('takes part in a whole life: filled, rotated, and the old token ended on evidence', async () => {
    const { stage, place } = await prepare();
    const neighbours = JSON.stringify(place.neighbours() ?? null);

    assert.deepEqual(await rotateFully(stage), []);
    assert.equal(place.holds(), stage.value());
    stage.clock.advance(48 * hour);
    assert.deepEqual(await rotateFully(stage), []);
    await stage.retireFully();

    assert.deepEqual(stage.live(), [stage.value()]);
    assert.equal(place.holds(), stage.value());
    assert.equal(JSON.stringify(place.neighbours() ?? null), neighbours);
  });

  check('is written over where it holds an older one of ours, and left alone where it has the new one', async () => {
    const { stage, place, old } = await rotatedOnce({});
    assert.deepEqual(await rotateFully(stage), []);
    stage.clock.advance(48 * hour);
    // What is only known by receipt cannot be told from a stranger's writing of the same.
    if (['value', 'digest', 'tail'].includes(facts.readClass)) place.tamper(old ?? '');

    const versionId = stage.begin();
    await stage.step('createSecret', versionId);
    await inTheEnd(stage, () => stage.step('setSecret', versionId));
    const before = JSON.stringify([place.state, place.holds(), stage.secretsManager.fingerprint({ dates: false })]);
    await stage.step('setSecret', versionId);

    assert.equal(JSON.stringify([place.state, place.holds(), stage.secretsManager.fingerprint({ dates: false })]), before);
    // Whoever reads the secret itself cannot have it yet, and must not have been started for nothing.
    assert.equal(place.holds(), isAfter ? stage.value() : stage.value('AWSPENDING'));
  });

  when(plugin.activate === undefined ? { can: false, why: 'nothing has to be started there' } : { can: true })(
    'finds what an earlier attempt has started, and starts it no second time',
    async () => {
      const { place, activate, apply } = await prepare();
      const copy = copyOf('canary-value-of-version-1');
      const applied = await apply(copy);
      const first = await activate(copy, applied);
      const before = JSON.stringify(place.state);

      const again = await activate(copy, applied); // as after a crash before the first could be written down

      assert.deepEqual(again, first);
      assert.equal(JSON.stringify(place.state), before, 'it was started a second time');
    },
  );

  check('writes back nothing that it was only shown masked', async () => {
    const { place, bring } = await prepare();
    const before = JSON.stringify(place.neighbours() ?? null);
    await bring('canary-value-of-version-1');
    await bring('canary-value-of-version-2');

    assert.equal(JSON.stringify(place.neighbours() ?? null), before, 'what stands beside the copy is not what it was');
    assert.doesNotMatch(JSON.stringify([place.state, place.holds()]), masked, 'a mask stands where a value was');
  });

  overHttp('gives up on a list that never ends', async () => {
    const { stage, place, apply, bring } = await prepare();
    await bring('canary-value-of-version-1');
    const asked = endless(stage, placeCalls(place));

    await codeOf(() => apply(copyOf('canary-value-of-version-2')));

    assert.ok(asked.count <= mostPages, `it asked for more than ${mostPages} pages`);
  });

  check('is put back when the rotation fails after it', async () => {
    const { stage, place, old } = await rotatedOnce({ onceWithCheck: true });

    const errors = await stage.rotate();

    assert.deepEqual(
      errors.map(({ code }) => code),
      ['check-failed'],
    );
    assert.equal(stage.value(), old);
    stage.clock.advance(hour); // putting back starts what brings it into effect, and does not wait for it
    assert.equal(place.holds(), old, 'it was not put back');
  });

  check('stops a rotation by name when a stranger wrote there, where that can be seen', async () => {
    const { stage, place } = await rotatedOnce({});
    stage.clock.advance(2000);
    place.tamper('canary-somebody-elses');
    const canBeSeen = facts.readClass !== 'none';

    const errors = await stage.rotate();

    if (!canBeSeen) return;
    assert.deepEqual(
      errors.map(({ code }) => code),
      ['foreign'],
    );
    assert.ok(errors[0]?.message.includes('place 0'));
    assert.equal(place.holds(), 'canary-somebody-elses');
    assert.equal(stage.live().length, 1, 'a token was minted although the place was foreign');
  });

  check('resumes after a crash at any of its calls, and ends the same', async () => {
    const length = await crashAt(Number.POSITIVE_INFINITY, 'before');
    for (let at = 1; at <= length; at += 1) for (const when of ['before', 'after'] as const) await crashAt(at, when);
  });

  overHttp('calls only the hosts that its facts and target declare', async () => {
    const { stage, place } = await prepare();
    const past = await pastTheDoor(async () => {
      await rotateFully(stage);
      stage.clock.advance(48 * hour);
      await rotateFully(stage);
      await stage.retireFully();
    });
    assert.deepEqual(past, [], 'it asked the network by itself, and not through `http`');
    const declared = [facts.api, ...(facts.otherHosts ?? []), lantern.facts.api].flatMap((address) =>
      address === undefined ? [] : concrete(address, plugin.target.parse(place.target)).map(originOf),
    );

    for (const { to, what } of stage.calls) {
      if (to !== 'network') continue;
      const url = what.replace(/^[A-Z]+ /, '');
      assert.ok(declared.includes(originOf(url)), `${originOf(url)} is not in its facts`);
      assert.deepEqual(findLeaks(url, secretsOf(stage, place), { wholeOnly: true }), [], 'a value is in an address');
    }
  });

  // ------------------------------------------------------------------------------------------------ awkward answers

  for (const odd of [...refusals, ...unclear, ...neverSent]) {
    overHttp(`sorts ${odd.name} in answer to any call, and shows nothing of a value`, async () => {
      const { stage, place, old } = await rotatedOnce({});
      const isPlace = placeCalls(place);
      stage.interfere(async (call, effect) => (call.to === 'network' && isPlace(call.what) ? answerOddly(odd) : effect()));

      const errors = await stage.rotate();

      const codes = [...odd.codes, 'dependent-failed', 'uncertain', 'unavailable', 'malformed', 'not-yet'];
      assert.ok(errors.length === 1 && codes.includes(errors[0]?.code ?? ''), `${odd.name} became ${errors[0]?.code}`);
      assert.equal(stage.value(), old, 'a token was promoted that the place does not have');
      const seen = inspect([stage.logs, stage.happenings, errors], { depth: 9, maxStringLength: null, maxArrayLength: null });
      assert.deepEqual(findLeaks(seen, secretsOf(stage, place)), [], 'a value is in a log, an event or an error');
    });
  }

  return checks;

  // ------------------------------------------------------------------------------------------------ how it is done

  async function prepare() {
    const stage = createStage({ rotator: lantern, rotatorFake: lanternFake, dependents: cast(plugin) });
    const place = stage.places.at(-1);
    const dependent = (await stage.open(stage.token)).dependents.at(-1);
    assert.ok(place && dependent);
    const context = (): Promise<DependentContext<unknown, unknown>> => (dependent as OpenDependent).context();
    const read = async () => plugin.read(await context());
    const apply = async (copy: Copy, seen?: Holding) => plugin.apply(await context(), copy, seen ?? (await read()));
    /** Starts it, as soon as the place lets it be started. */
    const activate = async (copy: Copy, applied: Evidence): Promise<Evidence | undefined> => {
      for (let wait = 0; ; wait += 1) {
        try {
          return await plugin.activate?.(await context(), copy, applied);
        } catch (error) {
          if (wait === 60 || !(error instanceof RotationError) || error.code !== 'not-yet') throw error;
          stage.clock.advance(10_000);
        }
      }
    };
    const effect = async (copy: Copy, evidence: Evidence | undefined): Promise<Effect> =>
      plugin.inEffect(await context(), copy, evidence);
    const shadows = async (copy: Copy) => (await plugin.shadows?.(await context(), copy)) ?? [];
    /** Applies, activates, and waits until it is in effect. */
    const bring = async (value: string) => {
      const copy = copyOf(value);
      place.given?.(value);
      const applied = await apply(copy);
      const evidence = { ...applied, ...(await activate(copy, applied)) };
      for (let wait = 0; (await effect(copy, evidence)).state !== 'in-effect'; wait += 1) {
        assert.ok(wait < 60, 'it does not come into effect');
        stage.clock.advance(10_000);
      }
      stage.clock.advance(facts.drainSeconds * 1000);
    };
    return { stage, place, read, apply, activate, effect, shadows, bring };
  }

  async function rotatedOnce({ onceWithCheck = false }: { onceWithCheck?: boolean }) {
    const checkUrl = 'https://check.test/';
    const checks = onceWithCheck
      ? [{ name: 'own', url: checkUrl, header: 'Authorization', prefix: 'Bearer ', expectStatus: [200] }]
      : [];
    const stage = createStage({ rotator: lantern, rotatorFake: lanternFake, dependents: cast(plugin) }, { token: { checks } });
    let status = 200;
    stage.add({ api: checkUrl, handle: () => ({ status, body: {} }) });
    const place = stage.places.at(-1);
    assert.ok(place);
    assert.deepEqual(await rotateFully(stage), []);
    stage.clock.advance(48 * hour);
    status = 500;
    if (onceWithCheck) status = 403;
    return { stage, place, old: stage.value() };
  }

  /** One life that dies at the n-th call of its second rotation, and is then run again until it is quiet. Answers how many calls there were. */
  async function crashAt(at: number, when: 'before' | 'after'): Promise<number> {
    const stage = createStage(
      { rotator: lantern, rotatorFake: lanternFake, dependents: cast(plugin) },
      { switches: { retryCount: 50 } },
    );
    const place = stage.places.at(-1);
    assert.ok(place);
    await rotateFully(stage);
    stage.clock.advance(48 * hour);
    let countdown = at;
    let isDead = false;
    let calls = 0;
    const death = new Error('the process died');
    stage.interfere(async (_call, effect) => {
      if (isDead) throw death;
      calls += 1;
      countdown -= 1;
      if (countdown !== 0) return effect();
      isDead = true;
      if (when === 'after') await effect();
      throw death;
    });
    await stage.rotate();
    const length = calls;
    for (let attempt = 0; attempt < 8; attempt += 1) {
      isDead = false;
      stage.clock.advance(attempt < 4 ? 61_000 : hour);
      await stage.sweepStrays().catch(() => {});
      await stage.driver.tick();
      // What comes after promotion is nobody's step, and brought by the looks.
      if (facts.readsFrom !== undefined) await look(stage).catch(() => {});
    }
    const where = `after dying at call ${at}, ${when} its effect`;
    assert.equal(place.holds(), stage.value(), `the place has another value than the secret ${where}`);
    assert.ok(!Object.values(stage.labels()).flat().includes('AWSPENDING'), `the rotation did not end ${where}`);
    return length;
  }
}

/** Rotates, and lets Secrets Manager try again where a place takes its time. What failed for good. */
async function rotateFully(stage: Stage) {
  await stage.rotate();
  for (let attempt = 0; attempt < 3; attempt += 1) {
    stage.clock.advance(61_000);
    await stage.driver.tick();
  }
  return stage.failures().filter(({ ending }) => ending !== 'now');
}

/** A step, again and again while its failure is one for now. */
async function inTheEnd(stage: Stage, step: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await step();
      return;
    } catch (error) {
      if (attempt === 5 || !(error instanceof RotationError) || error.ending !== 'now') throw error;
      stage.clock.advance(61_000);
    }
  }
}

async function look(stage: Stage): Promise<void> {
  await watch(await stage.open(stage.token), stage.arn);
}

/** As services write what they do not show. */
const masked = /\*{3}|•{3}/;

function copyOf(value: string): Copy {
  return {
    value: new Secret(value),
    versionId: `version-of-${value}`.padEnd(36, '0'),
    secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf',
    token: 'the-token',
  };
}

function placeCalls({ api }: DependentFake): (what: string) => boolean {
  const origin = api === undefined ? undefined : originOf(api);
  return (what) => origin !== undefined && what.replace(/^[A-Z]+ /, '').startsWith(origin);
}

function secretsOf(stage: Stage, { authority = {} }: DependentFake): readonly string[] {
  return [
    ...stage.provider.state.tokens.map(({ value }) => value),
    ...Object.values(authority).filter((text) => /canary|whsec_/.test(text)),
  ];
}
