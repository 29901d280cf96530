import { describe, expect, it } from 'vitest';
import { calendarText, isSignedFeed, signFeed } from '../../lib/alerts/calendar.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { hour, start } from './setup.ts';

const calendar = (token: string, at = start) =>
  calendarText({ name: 'Ada; Lovelace, "A"', now: start, upcoming: [{ token, what: 'expiry', at }] });

/** As RFC 5545 reads it: lines that go on are put together again. */
const unfolded = (text: string) => text.replace(/\r\n[ \t]/g, '').split('\r\n');

describe('a calendar', () => {
  it('has an event for each date, with what happens then', () => {
    expect(unfolded(calendar('npm'))).toEqual([
      'BEGIN:VCALENDAR',
      'VERSION:2.0',
      'PRODID:-//Keyturn//Tokens//EN',
      'CALSCALE:GREGORIAN',
      'METHOD:PUBLISH',
      'NAME:Keyturn: Ada\\; Lovelace\\, "A"',
      'X-WR-CALNAME:Keyturn: Ada\\; Lovelace\\, "A"',
      'REFRESH-INTERVAL;VALUE=DURATION:PT6H',
      'X-PUBLISHED-TTL:PT6H',
      'BEGIN:VEVENT',
      'UID:expiry.npm@keyturn',
      'DTSTAMP:20261125T060000Z',
      'DTSTART:20261125T060000Z',
      'DURATION:PT30M',
      'SUMMARY:npm expires',
      'TRANSP:TRANSPARENT',
      'END:VEVENT',
      'END:VCALENDAR',
      '',
    ]);
  });

  it('moves an event when its date moves, and does not add another', () => {
    const uid = (text: string) => unfolded(text).filter((line) => line.startsWith('UID'));

    expect(uid(calendar('npm', start + hour))).toEqual(uid(calendar('npm')));
  });

  it.each([
    '漢字'.repeat(60),
    '🎩'.repeat(60),
    'x'.repeat(300),
    'a\r\nEND:VCALENDAR\r\nATTACH:x',
    'back\\slash, and; more',
    '\u202eabc',
  ])('keeps to its lines whatever a name holds: %j', (token) => {
    const text = calendar(token);

    const lines = text.split('\r\n');
    expect(lines.at(-1)).toBe('');
    for (const line of lines) {
      expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\ufffd]/u);
      expect(Buffer.from(line).toString('utf8')).toBe(line);
    }
    expect(unfolded(text)).toHaveLength(19);
  });
});

describe('the signature of a feed', () => {
  const key = new Secret('canary-calendar-key-of-32-bytes!!');
  const feed = { kind: 'person', id: 'ada', version: 1 } as const;

  it('is good for one feed in one version, by one key', () => {
    const signature = signFeed(key, feed);

    expect(isSignedFeed(key, feed, signature)).toBe(true);
    expect(signature).toMatch(/^[A-Za-z0-9_-]{43}$/);
    const others = [
      { ...feed, kind: 'team' as const },
      { ...feed, id: 'grace' },
      { ...feed, version: 2 },
    ];
    for (const other of others) expect(isSignedFeed(key, other, signature)).toBe(false);
    expect(isSignedFeed(new Secret('another'), feed, signature)).toBe(false);
  });

  it.each(['', 'x', '漢'.repeat(43), '_'.repeat(43), `${signFeed(key, feed)}=`])('is not %j', (signature) => {
    expect(isSignedFeed(key, feed, signature)).toBe(false);
  });
});
