// Goal: one alert a cause, told to the right person once, and again only when there is something new to say.
// Method: sweeps one after another over one ledger, each with the causes that it sees, at the time that it is.
import { describe, expect, it } from 'vitest';
import { tellAlerts } from '../../lib/alerts/tell.ts';
import type { Alert, Cause, Ledger } from '../../lib/engine/records.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';
import { cause, createSweeps, directory, hour, minute, short, start, tokens } from './setup.ts';

type Moment = readonly [afterMinutes: number, causes: readonly Cause[], told: readonly string[], looked?: object];

const parked = cause('npm');
const soon = cause('npm', { id: 'expires/npm/7', series: 'expires/npm', urgency: 'soon' });
const many = (count: number) => Array.from({ length: count }, (_, index) => cause(`many-${index}`));

const lives: readonly (readonly [string, readonly Moment[]])[] = [
  [
    'is told to the owner once, then to the backup, then to the team, and no more',
    [
      [0, [parked], ['opened parked/npm -> person ada']],
      [15, [parked], []],
      [224, [parked], []],
      [1, [parked], ['escalated parked/npm -> person grace']],
      [239, [parked], []],
      [1, [parked], ['escalated parked/npm -> team platform']],
      [2000, [parked], []],
    ],
  ],
  [
    'waits a day for the backup where something is only about to happen',
    [
      [0, [soon], ['opened expires/npm/7 -> person ada']],
      [23 * 60, [soon], []],
      [60, [soon], ['escalated expires/npm/7 -> person grace']],
    ],
  ],
  [
    'is told as news where the same trouble has come closer',
    [
      [0, [soon], ['opened expires/npm/7 -> person ada']],
      [15, [{ ...soon, id: 'expires/npm/3' }], ['opened expires/npm/3 -> person ada']],
      [15, [{ ...soon, id: 'expires/npm/3' }], []],
      [15, [], []],
      [15, [], ['recovered expires/npm/3 -> person ada']],
    ],
  ],
  [
    'is over when two looks have missed it, and then told to all who were told',
    [
      [0, [parked], ['opened parked/npm -> person ada']],
      [240, [parked], ['escalated parked/npm -> person grace']],
      [15, [], []],
      [15, [], ['recovered parked/npm -> person ada, person grace']],
      [15, [], []],
      [15, [parked], ['opened parked/npm -> person ada']],
    ],
  ],
  [
    'is not told anew when it flickers, however often',
    [
      [0, [parked], ['opened parked/npm -> person ada']],
      [15, [], []],
      [15, [parked], []],
      [15, [], []],
      [1, [], []],
      [1, [parked], []],
    ],
  ],
  [
    'is not over because its token could not be looked at, and still goes to the next',
    [
      [0, [parked], ['opened parked/npm -> person ada']],
      [15, [], [], { tokens: new Set(['mail']) }],
      [15, [], [], { tokens: new Set(['mail']) }],
      [300, [], ['escalated parked/npm -> person grace'], { tokens: new Set(['mail']) }],
      [15, [], [], { tokens: new Set(['npm']), isWhole: false }],
      [15, [], ['recovered parked/npm -> person ada, person grace'], { tokens: new Set(['npm']), isWhole: false }],
    ],
  ],
  [
    'is over when its token has left the catalog, as far as everything was looked at',
    [
      [0, [cause('stranger')], ['opened parked/stranger -> operators']],
      [15, [], [], { isWhole: false }],
      [15, [], []],
      [15, [], ['recovered parked/stranger -> operators']],
    ],
  ],
  ['passes over an owner who has left', [[0, [cause('left')], ['opened parked/left -> person grace']]]],
  ['goes to the team where both have left', [[0, [cause('orphan')], ['opened parked/orphan -> team platform']]]],
  [
    'goes to the operators where there is no team, and about the whole installation',
    [
      [0, [cause('mail'), cause(undefined)], ['opened parked/mail -> person ada', 'opened parked/all -> operators']],
      [240, [cause('mail'), cause(undefined)], ['escalated parked/mail -> person grace']],
      [240, [cause('mail'), cause(undefined)], ['escalated parked/mail -> operators']],
      [15, [cause('mail')], [], { isWhole: false }],
      [15, [cause('mail')], [], { isWhole: false }],
    ],
  ],
  ['keeps what is only worth knowing for the digest', [[0, [cause('npm', { urgency: 'note' })], []]]],
  [
    'is told one by one up to ten at once for a team, and more than ten in one message',
    [
      [0, many(10), many(10).map(({ id }) => `opened ${id} -> person ada`)],
      [
        15,
        many(20),
        ['opened parked/many-10 -> person ada'].concat(
          many(20)
            .slice(11)
            .map(({ id }) => `opened ${id} -> person ada`),
        ),
      ],
    ],
  ],
  [
    'of more than ten at once is told to the team only, which hears of the end too',
    [
      [0, [...many(11), cause('mail')], ['opened parked/mail -> person ada', '11 opened -> team platform']],
      [30, [...many(11), cause('mail')], []],
      [15, [], []],
      [15, [], ['recovered parked/mail -> person ada', '11 recovered -> team platform']],
    ],
  ],
  [
    'of the first look of all is told in one message for each team',
    [
      [0, [...many(2), cause('mail')], ['opened parked/mail -> person ada', '2 opened -> team platform'], { isFirst: true }],
      [15, [...many(3)], ['opened parked/many-2 -> person ada']],
    ],
  ],
];

describe('an alert', () => {
  it.each(lives)('%s', async (_, moments) => {
    const { sweep, pass } = createSweeps();
    for (const [afterMinutes, causes, told, looked] of moments) {
      pass(afterMinutes * minute);
      expect(await sweep(causes, looked)).toEqual(told);
    }
  });

  it('is told to nobody else once somebody has acknowledged it, and its end all the same', async () => {
    const { sweep, pass, ledger, now } = createSweeps();
    await sweep([parked]);
    const [told] = (await ledger.alerts()) as [Alert];

    await ledger.saveAlert({ ...told, acknowledged: { by: 'grace', at: now() }, revision: told.revision + 1 }, told);

    pass(1000 * hour);
    expect(await sweep([parked])).toEqual([]);
    expect(await ledger.alerts()).toMatchObject([{ acknowledged: { by: 'grace' } }]);
    await sweep([]);
    pass(15 * minute);
    expect(await sweep([])).toEqual(['recovered parked/npm -> person ada']);
    expect(await ledger.alerts()).toEqual([]);
  });

  it('keeps up with what is said of it, and tells nobody of that', async () => {
    const { sweep, pass, ledger } = createSweeps();
    await sweep([soon]);
    pass(15 * minute);

    const told = await sweep([{ ...soon, message: 'npm expires in 6 days' }]);

    expect(told).toEqual([]);
    expect(await ledger.alerts()).toMatchObject([{ message: 'npm expires in 6 days', toldTo: 'owner', openedAt: start }]);
  });

  it('costs no write while nothing changes', async () => {
    const { sweep, pass, ledger } = createSweeps();
    await sweep([parked]);
    const before = await ledger.alerts();

    pass(15 * minute);
    await sweep([parked]);

    expect(await ledger.alerts()).toEqual(before);
  });
});

describe('two sweeps at once', () => {
  it('tell once, whichever writes first', async () => {
    const ledger = createMemoryLedger();
    const told: string[] = [];
    const sweep = () =>
      tellAlerts(
        { ledger, publish: async (events) => void told.push(...events.map(short)) },
        {
          causes: [parked],
          looked: { tokens: new Set(tokens.keys()), isWhole: true, isFirst: false },
          tokens,
          people: directory.people,
          escalateHours: directory.alerts.escalateHours,
          now: start,
        },
      );

    await Promise.all([sweep(), sweep(), sweep()]);

    expect(told).toEqual(['opened parked/npm -> person ada']);
  });
});

describe('a telling that the bus does not take', () => {
  const failing = (ledger: Ledger, causes: readonly Cause[], now: number) =>
    tellAlerts(
      {
        ledger,
        publish: async () => {
          throw new Error('the bus is away');
        },
      },
      {
        causes,
        looked: { tokens: new Set(tokens.keys()), isWhole: true, isFirst: false },
        tokens,
        people: directory.people,
        escalateHours: directory.alerts.escalateHours,
        now,
      },
    );

  it('is told again by a later sweep, under the same id', async () => {
    const { sweep, pass, ledger, events } = createSweeps();
    await expect(failing(ledger, [parked], start)).rejects.toThrow('away');

    pass(minute);
    expect(await sweep([parked])).toEqual([]); // whoever began may still be at it
    pass(15 * minute);
    expect(await sweep([parked])).toEqual(['opened parked/npm -> person ada']);

    const { events: undisturbed, sweep: first } = createSweeps();
    await first([parked]);
    expect(events[0]?.detail.id).toBe(undisturbed[0]?.detail.id);
  });

  it('is told again as what it was, where it was of many at once', async () => {
    const { sweep, pass, ledger } = createSweeps();
    await expect(failing(ledger, many(11), start)).rejects.toThrow('away');

    pass(15 * minute);

    expect(await sweep(many(11))).toEqual(['11 opened -> team platform']);
  });

  it('is told again where it was that something is over', async () => {
    const { sweep, pass, ledger, now } = createSweeps();
    await sweep([parked]);
    pass(15 * minute);
    await sweep([]);
    pass(15 * minute);
    await expect(failing(ledger, [], now())).rejects.toThrow('away');

    expect(await sweep([])).toEqual(['recovered parked/npm -> person ada']);
  });
});
