import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Instant } from '../engine/contract.ts';
import type { Secret } from '../engine/secret.ts';
import { plain } from './message.ts';
import type { Upcoming } from './upcoming.ts';

// A feed that calendars fetch again and again (RFC 5545). Each date keeps its UID, so that a rotation that took place moves to the next one.

export interface Calendar {
  /** Whose it is. */
  readonly name: string;
  readonly upcoming: readonly Upcoming[];
  readonly now: Instant;
}

const titles = {
  rotation: 'is rotated',
  due: 'is due: make a new one',
  expiry: 'expires',
  'authority-expiry': 'loses its authority, which expires',
} as const satisfies Record<Upcoming['what'], string>;

/** A calendar as text. The same dates at the same moment give the same text. */
export function calendarText({ name, upcoming, now }: Calendar): string {
  const lines = [
    'BEGIN:VCALENDAR',
    'VERSION:2.0',
    'PRODID:-//Keyturn//Tokens//EN',
    'CALSCALE:GREGORIAN',
    'METHOD:PUBLISH',
    `NAME:${escaped(`Keyturn: ${name}`)}`,
    `X-WR-CALNAME:${escaped(`Keyturn: ${name}`)}`,
    'REFRESH-INTERVAL;VALUE=DURATION:PT6H',
    'X-PUBLISHED-TTL:PT6H',
    ...upcoming.flatMap(({ token, what, at }) => [
      'BEGIN:VEVENT',
      `UID:${escaped(`${what}.${token}`)}@keyturn`,
      `DTSTAMP:${stamp(now)}`,
      `DTSTART:${stamp(at)}`,
      'DURATION:PT30M',
      `SUMMARY:${escaped(`${token} ${titles[what]}`)}`,
      // What happens by itself takes nobody's time.
      `TRANSP:TRANSPARENT`,
      'END:VEVENT',
    ]),
    'END:VCALENDAR',
  ];
  return lines.map((line) => `${folded(line)}\r\n`).join('');
}

/** Whose feed an address is of. With a new version the old addresses are worth nothing. */
export interface Feed {
  readonly kind: 'person' | 'team';
  readonly id: string;
  readonly version: number;
}

/** What an address carries to prove that we gave it out: whoever has it reads this feed, and no other. */
export function signFeed(key: Secret, { kind, id, version }: Feed): string {
  return createHmac('sha256', key.reveal())
    .update(JSON.stringify(['keyturn-calendar', kind, id, version]))
    .digest('base64url');
}

/** Compares in constant time. */
export function isSignedFeed(key: Secret, feed: Feed, signature: string): boolean {
  const given = Buffer.from(signature, 'utf8');
  const right = Buffer.from(signFeed(key, feed), 'utf8');
  return given.length === right.length && timingSafeEqual(given, right);
}

function escaped(text: string): string {
  return plain(text).replace(/[\\;,]/g, (sign) => `\\${sign}`);
}

function stamp(at: Instant): string {
  return `${new Date(at).toISOString().slice(0, 19).replaceAll(/[-:]/g, '')}Z`;
}

/** No line is longer than 75 bytes; what follows begins with a space. No character is cut in two. */
function folded(line: string): string {
  const lines: string[] = [];
  let [current, bytes] = ['', 0];
  for (const character of line) {
    const size = Buffer.byteLength(character, 'utf8');
    if (bytes + size > 75) {
      lines.push(current);
      [current, bytes] = [' ', 1];
    }
    current += character;
    bytes += size;
  }
  return [...lines, current].join('\r\n');
}
