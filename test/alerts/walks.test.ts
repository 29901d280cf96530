// Goal: whatever comes and goes, whoever acknowledges and whenever the bus is away, nobody is told twice of one alert, the order of telling is
// kept, what is open was told to somebody, and whoever heard that it began hears that it is over.
// Method: random lives of a few causes over one ledger, each event with its recipients compared with a plain account of what was said before.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { AlertEvent } from '../../lib/alerts/events.ts';
import { tellAlerts } from '../../lib/alerts/tell.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';
import { cause, directory, minute, start, tokens } from './setup.ts';

const names = ['npm', 'mail', 'left', 'orphan', ...Array.from({ length: 12 }, (_, index) => `many-${index}`)];

const some: fc.Arbitrary<readonly string[]> = fc.oneof(fc.constant(names), fc.subarray(names), fc.subarray(names));
const moment = fc.record({
  minutes: fc.constantFrom(1, 15, 15, 15, 60, 250),
  present: some,
  looked: some,
  isAway: fc.boolean(),
  acknowledges: fc.option(fc.constantFrom(...names), { nil: undefined, freq: 4 }),
});

it('holds for random lives', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(moment, { minLength: 1, maxLength: 14 }), async (moments) => {
      const ledger = createMemoryLedger();
      const heard = new Map<string, Set<string>>();
      let now = start;
      for (const { minutes, present, looked, isAway, acknowledges } of moments) {
        now += minutes * minute;
        const events: AlertEvent[] = [];
        const publish = async (all: readonly unknown[]) => {
          if (isAway) throw new Error('away');
          events.push(...(all as AlertEvent[]));
        };
        await tellAlerts(
          { ledger, publish },
          {
            causes: present.filter((name) => looked.includes(name)).map((name) => cause(name)),
            looked: { tokens: new Set(looked), isWhole: true, isFirst: false },
            tokens,
            people: directory.people,
            escalateHours: directory.alerts.escalateHours,
            now,
          },
        ).catch((error: Error) => expect(error.message).toBe('away'));
        for (const event of events) account(heard, event);

        // What was confirmed as told was heard by somebody.
        for (const { id, toldAt } of await ledger.alerts())
          if (toldAt !== undefined) expect(heard.get(id)?.size, id).toBeGreaterThan(0);
        const acknowledged = (await ledger.alerts()).find(({ token }) => token === acknowledges);
        if (acknowledged !== undefined)
          await ledger.saveAlert(
            { ...acknowledged, acknowledged: { by: 'ada', at: now }, revision: acknowledged.revision + 1 },
            acknowledged,
          );
      }
    }),
    { numRuns: 300 },
  );
});

/** Who has heard of which alert, and what they must not hear. */
function account(heard: Map<string, Set<string>>, { type, detail }: AlertEvent): void {
  const what = type === 'alert.summary' ? detail.what : type.replace('alert.', '');
  const alerts = type === 'alert.summary' ? detail.alerts : [detail.alert];
  const to = detail.to.map((each) => (each.kind === 'operators' ? each.kind : each.id));
  expect(to.length).toBeGreaterThan(0);
  for (const { id } of alerts) {
    const before = heard.get(id) ?? new Set();
    if (what === 'recovered') {
      // Nobody hears that it is over who did not hear that it began; in a message about many, some lines are news to some.
      if (type !== 'alert.summary') for (const each of before) expect(to, id).toContain(each);
      heard.delete(id);
      continue;
    }
    for (const each of to) expect(before.has(each), `${each} was told twice of ${id}`).toBe(false);
    heard.set(id, new Set([...before, ...to]));
  }
}
