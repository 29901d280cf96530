import { createHash } from 'node:crypto';
import { html, raw } from 'hono/html';
import type { Instant } from '../engine/contract.ts';
import { minute } from '../engine/time.ts';
import { style } from '../pages/style.ts';
import { type Markup, runbookHtml } from './html.ts';
import type { Runbook } from './runbook.ts';

/** A file of the offline copy. */
export interface OfflineFile {
  readonly name: string;
  readonly text: string;
}

/**
 * One page a token and an index, to be opened from a disk or a stick: each file holds all that it needs, and its policy forbids it to load
 * anything or to send anything.
 */
export async function offlineCopy(runbooks: readonly Runbook[], at: Instant): Promise<readonly OfflineFile[]> {
  const pages = runbooks.map(async (runbook) => ({
    name: `${runbook.token}.html`,
    text: await page(
      runbook.token,
      html`<p><a href="index.html">All tokens</a></p><h1>${runbook.token}</h1>${runbookHtml(runbook)}`,
    ),
  }));
  return [{ name: 'index.html', text: await page('Runbooks', index(runbooks, at), searchScript) }, ...(await Promise.all(pages))];
}

function index(runbooks: readonly Runbook[], at: Instant): Markup {
  return html`<h1>Runbooks</h1>
<p>${runbooks.length === 1 ? 'The page of one token' : `One page for each of ${runbooks.length} tokens`}, made on ${minute(at)}; each says from when it is. This copy needs no network.</p>
<form class="filter" role="search" hidden><label>Search<br><input type="search" id="search" autocomplete="off"></label></form>
<p id="count" role="status"></p>
<ul class="plain" id="tokens">
${runbooks.map(
  (
    runbook,
  ) => html`<li class="card" data-words="${wordsOf(runbook)}"><p><a href="${runbook.token}.html">${runbook.token}</a> <span class="soft">${runbook.title}</span></p>
<p>${runbook.now}</p></li>\n`,
)}</ul>`;
}

/** Everything that stands on the page, so that the search finds a phone number as well as a name. */
function wordsOf({ token, title, sections }: Runbook): string {
  const texts = sections.flatMap(({ blocks }) =>
    blocks.flatMap((block) => ('rows' in block ? block.rows.flat() : 'items' in block ? block.items : [block.text])),
  );
  return [...new Set([token, title, ...texts].join(' ').toLowerCase().split(/\s+/))].join(' ');
}

const searchScript = `
const field = document.getElementById('search');
const cards = [...document.querySelectorAll('#tokens > li')];
field.form.hidden = false;
field.form.addEventListener('submit', (event) => event.preventDefault());
field.addEventListener('input', () => {
  const wanted = field.value.toLowerCase().split(/\\s+/).filter(Boolean);
  for (const card of cards) card.hidden = !wanted.every((word) => card.dataset.words.includes(word));
  const shown = cards.filter((card) => !card.hidden).length;
  document.getElementById('count').textContent = wanted.length === 0 ? '' : shown + ' of ' + cards.length;
});
`;

async function page(title: string, body: Markup, script?: string): Promise<string> {
  const scriptPolicy = script === undefined ? '' : `; script-src '${hashOf(script)}'`;
  const policy = `default-src 'none'; base-uri 'none'; form-action 'none'; style-src '${hashOf(style)}'${scriptPolicy}`;
  const text = await html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${title} - Keyturn</title>
<style>${raw(style)}</style>
</head>
<body>
<main>
${body}
</main>
${script === undefined ? '' : html`<script>${raw(script)}</script>`}
</body>
</html>
`;
  return String(text);
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}`;
}
