import { expect, it } from 'vitest';
import { digestDay, digestsOf } from '../../lib/alerts/digest.ts';
import { eventSchemas } from '../../lib/alerts/events.ts';
import { composeMessage } from '../../lib/alerts/message.ts';
import { tellDigests } from '../../lib/alerts/tell.ts';
import { upcomingOf } from '../../lib/alerts/upcoming.ts';
import type { Health } from '../../lib/engine/records.ts';
import { createMemoryLedger } from '../../lib/testing/memory-ledger.ts';
import { cause, directory, hour, short, start, tokens } from './setup.ts';

const day = 24 * hour;
const alert = {
  ...cause('npm'),
  openedAt: start - hour,
  seenAt: start,
  revision: 3,
  acknowledged: { by: 'grace', at: start },
};
const happened = (what: 'token.rotated' | 'token.minted', at: number) =>
  ({ what, token: 'npm', secretArn: 'arn', id: `${what}${at}`, at, message: `npm: ${what}` }) as const;
const input = {
  causes: [cause('npm', { id: 'note/npm', urgency: 'note', message: 'npm is used by nobody' }), cause('npm'), cause('left')],
  alerts: [alert],
  tokens: new Map([...tokens].filter(([name]) => ['npm', 'left', 'mail'].includes(name))),
  people: directory.people,
  upcoming: [
    { token: 'npm', what: 'rotation', at: start + day },
    { token: 'npm', what: 'expiry', at: start + 31 * day },
    { token: 'mail', what: 'due', at: start + 2 * day },
  ],
  recent: [
    happened('token.rotated', start - hour),
    happened('token.minted', start - hour),
    happened('token.rotated', start - 25 * hour),
  ],
  settings: directory.alerts,
  now: start,
} as const;

it('has for each team what is open, what comes and what was done, and for each person what they have to do', () => {
  const digests = digestsOf({ ...input, day: '2026-11-25' });

  for (const { detail } of digests) eventSchemas.digest.parse(detail);
  expect(digests.map(short)).toEqual([
    'digest -> team platform',
    'digest -> person ada',
    'digest -> operators',
    'digest -> person grace',
  ]);
  const [team, ada, operators, grace] = digests.map(({ detail }) => detail);
  expect(team?.open.map(({ id }) => id)).toEqual(['parked/left', 'parked/npm', 'note/npm']);
  expect(team?.upcoming).toEqual([{ token: 'npm', what: 'rotation', at: '2026-11-26T06:00:00.000Z' }]);
  expect(team?.recent.map(({ message }) => message)).toEqual(['npm: token.rotated']);
  // Who has left has nothing to do any more: it is the backup's.
  expect([ada?.open.map(({ id }) => id), grace?.open.map(({ id }) => id)]).toEqual([['parked/npm'], ['parked/left']]);
  expect([operators?.openCount, operators?.upcoming.map(({ token }) => token)]).toEqual([0, ['mail']]);
});

it('says in words who looks after what, and that nothing is open where nothing is', () => {
  const [team, , operators] = digestsOf({ ...input, day: '2026-11-25' }).map((event) => composeMessage(event, directory));

  expect(team?.subject).toBe('[Keyturn] 2026-11-25, Platform: 3 open');
  expect(team?.sections.map(({ lines }) => lines)).toEqual([
    [
      '[now] The rotation of left was given up. Run `keyturn release left`.',
      '[now] The rotation of npm was given up. Run `keyturn release npm`. grace looks after it.',
      '[note] npm is used by nobody. Run `keyturn release npm`.',
    ],
    ['2026-11-26 06:00 (UTC): npm is rotated by itself.'],
    ['2026-11-25 05:00 (UTC): npm: token.rotated.'],
  ]);
  expect(operators?.subject).toBe('[Keyturn] 2026-11-25, the operators: nothing is open');
  expect(operators?.sections.map(({ lines }) => lines[0])).toEqual([
    'Nothing.',
    '2026-11-27 06:00 (UTC): mail falls due: somebody makes a new one.',
    'Nothing was rotated or revoked.',
  ]);
});

it.each([
  ['before its hour', '2026-11-25T06:59:00Z', 'Europe/Stockholm', undefined],
  ['at its hour', '2026-11-25T07:00:00Z', 'Europe/Stockholm', '2026-11-25'],
  ['at its hour in summer', '2026-07-01T06:00:00Z', 'Europe/Stockholm', '2026-07-01'],
  ['late in the day', '2026-11-25T22:59:00Z', 'Europe/Stockholm', '2026-11-25'],
  ['after midnight there', '2026-11-25T23:00:00Z', 'Europe/Stockholm', undefined],
  ['on another day than here', '2026-11-25T20:00:00Z', 'Pacific/Auckland', '2026-11-26'],
])('is of the day where people live: %s', (_, at, timeZone, expected) => {
  expect(digestDay(Date.parse(at), { digestHour: 8, timeZone })).toBe(expected);
});

it('goes out once a day, whoever sweeps', async () => {
  const ledger = createMemoryLedger();
  const told: string[] = [];
  const tell = (now: number) =>
    tellDigests(
      { ledger, publish: async (events) => void told.push(...events.map(short)) },
      { ...input, recent: async () => input.recent, now },
    );

  expect(await tell(start)).toBe(0);
  await Promise.all([tell(start + 2 * hour), tell(start + 2 * hour)]);
  await tell(start + 3 * hour);
  expect(told).toHaveLength(4);
  await tell(start + 26 * hour);
  expect(told).toHaveLength(8);
});

it('fits into what the bus takes, whatever is in it', () => {
  const long = '漢'.repeat(10_000);
  const causes = Array.from({ length: 1000 }, (_, index) =>
    cause('npm', { id: `${long}${index}`, message: long, next: long, fix: long }),
  );
  const recent = Array.from({ length: 1000 }, () => ({ ...happened('token.rotated', start), message: long }));

  const digests = digestsOf({ ...input, causes, recent, day: '2026-11-25' });

  for (const digest of digests) expect(Buffer.byteLength(JSON.stringify(digest))).toBeLessThan(240_000);
  expect(digests[0]?.detail).toMatchObject({ openCount: 1000, recentCount: 1000 });
});

it('knows what has a date: rotations from AWS, expiries from the last look, and what a person renews from its age', () => {
  const health = (token: string, more: Partial<Health>): Health => ({
    token,
    secretArn: '',
    versionId: '',
    checkedAt: start,
    verdict: 'valid',
    findings: [],
    ...more,
  });
  const schedule = { everyDays: 30 };

  const upcoming = upcomingOf({
    tokens: [
      { name: 'npm', schedule, isAssisted: false },
      { name: 'typed', schedule, isAssisted: true },
      { name: 'unseen', schedule, isAssisted: true },
    ],
    nextRotations: new Map([['npm', start + 3 * day]]),
    healths: [
      health('npm', { createdAt: start - 27 * day, expiresAt: start + 63 * day }),
      health('typed', { createdAt: start - 29 * day, authorityExpiresAt: start + 2 * day }),
    ],
  });

  expect(upcoming.map(({ token, what, at }) => [token, what, (at - start) / day])).toEqual([
    ['typed', 'due', 1],
    ['typed', 'authority-expiry', 2],
    ['npm', 'rotation', 3],
    ['npm', 'expiry', 63],
  ]);
});
