// The commands of `npm run simulate`: what they print can be given back to them, and a seed is a life.
import { expect, it } from 'vitest';
import { isIn, readOptions } from '../../scripts/simulate/options.ts';
import { lineFor } from '../../scripts/simulate/progress.ts';
import { representatives } from './cast.ts';
import { explore, parseReplay, type ReplayStep, replay, writeReplay } from './explore.ts';
import { interleave, parseScene, replayScene, scenes, writeScene } from './interleave.ts';
import { alone, withFault } from './per-commit.ts';
import { createSim } from './sim.ts';
import { walk } from './walks.ts';

const [player] = representatives();
if (player === undefined) throw new Error('nobody plays');

it('reads a replay as it was written, whatever happens in it', () => {
  const steps: readonly ReplayStep[] = [
    { event: 'press', faults: [] },
    { event: 'roll back', faults: [] },
    { event: { step: 'setSecret' }, faults: [{ at: 3, kind: 'crash-after' }] },
    { event: 'clock back', faults: [] },
    { event: { hours: 0.1 }, faults: [] },
    {
      event: 'retire',
      faults: [
        { at: 0, kind: 'stale' },
        { at: 12, kind: 'lost' },
      ],
    },
  ];
  const text = writeReplay('marked, readable place', steps);

  expect(text).toBe('marked, readable place: press roll-back setSecret,3=crash-after clock-back 0.1h retire,0=stale,12=lost');
  expect(parseReplay(text)).toEqual({ player: 'marked, readable place', steps });
});

it('reads a scene as it was written', () => {
  const choices = [{ actor: 0 }, { actor: 1, fault: 'lost' as const }, { actor: 0 }];
  const text = writeScene('own value', 'a late setSecret beside finishSecret', choices);

  expect(text).toBe('own value: a late setSecret beside finishSecret: A B=lost A');
  const read = parseScene(text);
  expect(read).toMatchObject({ player: 'own value', choices });
  expect(read.scene).toBe(scenes.find(({ name }) => name === 'a late setSecret beside finishSecret'));
});

it('walks a life again, call by call', async () => {
  const { steps } = parseReplay(`${player.name}: press advance,1=lost advance 26h retire`);
  const again = async () => {
    const calls: string[] = [];
    const found = await replay(createSim(player), steps, undefined, (_step, run) =>
      calls.push(...run.calls.map(({ call, fault }) => `${call.what} ${fault}`)),
    );
    return { calls, found };
  };

  const first = await again();
  expect(first.found).toEqual([]);
  expect(first.calls.filter((call) => call.endsWith(' lost'))).toHaveLength(1);
  expect(await again()).toEqual(first);
});

it('plays a scene again in the order that was chosen, and refuses an order that cannot be', async () => {
  const { scene, choices } = parseScene(`${player.name}: two reconcilers: B B A`);
  const { found, trace } = await replayScene(createSim(player), scene, choices);

  expect(found).toEqual([]);
  expect(trace.filter((line) => /^ {4}[AB] /.test(line)).slice(0, 3)).toEqual([
    expect.stringMatching(/^ {4}B/),
    expect.stringMatching(/^ {4}B/),
    expect.stringMatching(/^ {4}A/),
  ]);
  const endless = Array.from({ length: 200 }, () => ({ actor: 1 }));
  await expect(replayScene(createSim(player), scene, endless)).rejects.toThrow(/^Choice \d+ is B, who has ended by then/);
});

it('draws the same walk from the same seed, and another from another', async () => {
  const first = await walk([player], 7, 3);

  expect(await walk([player], 7, 3)).toEqual(first);
  expect((await walk([player], 8, 3)).replay).not.toBe(first.replay);
  expect((await walk([player], 7, 4)).replay).not.toBe(first.replay);
  expect(first.steps.length).toBeGreaterThan(3);
  const [, text = ''] = /--replay '(.*)'$/.exec(first.replay) ?? [];
  expect(parseReplay(text)).toEqual({ player: player.name, steps: first.steps });
});

it('ends with what it has as soon as it is told', async () => {
  let isEnough = false;
  const onProgress = () => {
    isEnough = true;
  };
  const options = { onProgress, isEnough: () => isEnough };

  expect((await explore(createSim(player), { ...options, faults: 3 })).schedules).toBe(1);
  isEnough = false;
  const [scene] = scenes;
  if (scene === undefined) throw new Error('there is no scene');
  expect((await interleave(createSim(player), scene, { ...options, faults: 1 })).schedules).toBe(1);
});

it('plays every scene at every commit, and one representative with faults', () => {
  const played = alone.flatMap((each) => each.scenes.map(({ name }) => name));
  expect(new Set(played)).toEqual(new Set(scenes.map(({ name }) => name)));
  expect(withFault.map((each) => each.player.name)).toEqual(['marked, write-only place']);
});

it.each([
  ['nothing: dance', /^'dance' is nothing that can happen; there are press, advance, .*\.$/],
  ['press advance', /^A replay has a player and what happens: .*\.$/],
  ['a: press,3', /^'3' is no fault; .*\.$/],
  ['a: press,3=flood', /^'flood' is no fault; there are crash-before, .*\.$/],
])('says in one sentence what is wrong with the replay %s', (text, sentence) => {
  expect(() => parseReplay(text)).toThrow(sentence);
});

it.each([
  ['A B', /^A scene has a player, a name, and who goes on at each call: .*\.$/],
  ['a: a feast: A', /^There is no scene 'a feast'; there are .*\.$/],
  ['a: two reconcilers: C', /^'C' says nobody who goes on; .*\.$/],
  ['a: two reconcilers: A=flood', /^'flood' is no fault; .*\.$/],
])('says in one sentence what is wrong with the scene %s', (text, sentence) => {
  expect(() => parseScene(text)).toThrow(sentence);
});

it.each([
  [
    ['--faults', 'many'],
    "error: option '--faults <number>' argument 'many' is invalid. It has to be a whole number from 0 on.\n",
  ],
  [['--walks', '0'], "error: option '--walks <number>' argument '0' is invalid. It has to be a whole number from 1 on.\n"],
  [['--all', '--walks', '3'], "error: option '--all' cannot be used with option '--walks <number>'\n"],
  [
    ['--part', '3/2'],
    "error: option '--part <number/of>' argument '3/2' is invalid. It has to be a part and how many there are, such as 1/2.\n",
  ],
  [['--part', '1/2', '--faults', '3'], "error: option '--part <number/of>' cannot be used with option '--faults <number>'\n"],
  [['--orders', '--all'], "error: option '--all' cannot be used with option '--orders'\n"],
  [['--seed'], "error: option '--seed <number>' argument missing\n"],
])('refuses %j', (argv, sentence) => {
  const said: string[] = [];
  expect(readOptions(argv, (text) => said.push(text))).toBe(2);
  expect(said.join('')).toBe(sentence);
});

it('has each thing in one part, whatever the number of parts', () => {
  const options = readOptions(['--all', '--part', '2/3']);
  expect(options).toMatchObject({ all: true, part: { number: 2, of: 3 } });
  const parts = [1, 2, 3].map((number) => [0, 1, 2, 3, 4, 5, 6].filter((index) => isIn({ number, of: 3 }, index)));
  expect(parts).toEqual([
    [0, 3, 6],
    [1, 4],
    [2, 5],
  ]);
});

it('shows the rate, and a guess of what is left once something is done', () => {
  const state = { name: 'a', done: 0, all: 4, schedules: 5000, violations: 0 };
  expect(lineFor(state, 10)).toBe('0 of 4 · 5,000 schedules · 500 schedules/s');
  expect(lineFor({ ...state, done: 1 }, 100)).toBe('1 of 4 · 5,000 schedules · 50 schedules/s · about 5 min left');
});
