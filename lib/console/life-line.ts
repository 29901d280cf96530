import { html } from 'hono/html';
import type { Instant } from '../engine/contract.ts';
import type { Happened } from '../engine/records.ts';
import { day, minute } from '../engine/time.ts';
import type { TokenStatus } from '../operations/token-status.ts';
import type { Markup } from '../runbook/html.ts';

interface Generation {
  readonly from: Instant;
  /** Missing: it still works. */
  readonly until?: Instant;
  readonly word: string;
  readonly look: string;
}

const shownDays = 60;
const [width, rowHeight, barHeight] = [640, 34, 20];

/**
 * The tokens of the last weeks, one bar each, from when it was made to when it was ended: where bars stand above each other, both worked. What a
 * picture says is said in words below it too.
 */
export function lifeLine(status: TokenStatus, happened: readonly Happened[], now: Instant): Markup {
  const generations = generationsOf(status, happened, now).slice(-8);
  if (generations.length === 0) return html`<p class="soft">Nothing is on record yet of when one was made or ended.</p>`;
  const first = Math.max(Math.min(...generations.map(({ from }) => from)), now - shownDays * 86_400_000);
  const span = Math.max(now - first, 3_600_000);
  const x = (at: Instant) => Math.round((Math.max(at - first, 0) / span) * (width - 4)) + 2;
  const height = generations.length * rowHeight + 24;
  const words = generations.map((generation) => wordsOf(generation));
  return html`<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${words.join(' ')}">
${generations.map(({ from, until = now, look }, row) => {
  const left = x(from);
  return html`<rect class="bar ${look}" x="${left}" y="${row * rowHeight + 4}" width="${Math.max(x(until) - left, 4)}" height="${barHeight}" rx="4"/>`;
})}
<text x="2" y="${height - 4}">${day(first)}</text><text x="${width - 2}" y="${height - 4}" text-anchor="end">${day(now)}</text>
</svg>
<ul>${words.map((each) => html`<li>${each}</li>`)}</ul>`;
}

function wordsOf({ from, until, word }: Generation): string {
  return `${word}: made ${minute(from)}${until === undefined ? ', still works.' : `, ended ${minute(until)}.`}`;
}

function generationsOf(status: TokenStatus, happened: readonly Happened[], now: Instant): readonly Generation[] {
  const ended = new Map(
    happened.flatMap(({ what, versionId, at }) => (what === 'token.revoked' && versionId ? [[versionId, at]] : [])),
  );
  const old = new Set(status.debts.map(({ versionId }) => versionId));
  return happened
    .flatMap(({ what, versionId, at }): readonly Generation[] => {
      if (what !== 'token.minted' || versionId === undefined) return [];
      const until = ended.get(versionId);
      if (until !== undefined) return [{ from: at, until, word: 'An ended one', look: 'ended' }];
      if (versionId === status.currentVersion) return [{ from: at, word: 'The current one', look: 'current' }];
      if (versionId === status.rotating) return [{ from: at, word: 'The one that is coming', look: 'coming' }];
      return old.has(versionId) ? [{ from: at, word: 'An old one', look: 'old' }] : [];
    })
    .filter(({ until = now }) => until > now - shownDays * 86_400_000)
    .toSorted((one, other) => one.from - other.from);
}
