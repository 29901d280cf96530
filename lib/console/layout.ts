import { html } from 'hono/html';
import type { Markup } from '../runbook/html.ts';

/** What stands around every page. */
export interface Frame {
  readonly title: string;
  /** The path of the part of the console in which the page stands. */
  readonly part?: string;
  readonly who: string;
  /** For the button by which a visitor signs out, where there is a way to. */
  readonly signOutSeal?: string;
  /** The page shows something that moves: it is shown anew by itself, without a script too. */
  readonly isLive?: boolean;
}

const parts = [
  ['/', 'Tokens'],
  ['/tasks', 'Tasks'],
  ['/calendar', 'Calendar'],
  ['/people', 'People'],
  ['/providers', 'Providers'],
] as const;

/**
 * A whole page. Nothing on it is loaded from anywhere else, nothing stands in it that is not escaped, and no mark in it turns the writing around,
 * whoever wrote what it shows.
 */
export async function layout(frame: Frame, body: Markup): Promise<string> {
  return String(await whole(frame, body)).replace(/(?!\n)[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ');
}

function whole({ title, part, who, signOutSeal, isLive = false }: Frame, body: Markup): Markup {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} - Keyturn</title>
<link rel="stylesheet" href="/style.css">
${isLive ? html`<script src="/live.js" defer></script><noscript><meta http-equiv="refresh" content="4"></noscript>` : ''}
</head>
<body>
<a class="skip" href="#content">To the content</a>
<header><nav aria-label="Keyturn"><ul>${parts.map(
    ([path, name]) => html`<li><a href="${path}"${path === part ? html` aria-current="page"` : ''}>${name}</a></li>`,
  )}</ul></nav></header>
<main id="content" tabindex="-1">
<h1>${title}</h1>
${body}
</main>
<footer>
<p>You are ${who}. This page holds no token, and cannot.</p>
${signOutSeal === undefined ? '' : html`<form method="post" action="/sign-out"><input type="hidden" name="seal" value="${signOutSeal}"><button type="submit">Sign out</button></form>`}
</footer>
</body>
</html>
`;
}

/** Shows a page anew while something moves on it. What the reader has chosen or typed elsewhere stays. */
export const liveScript = `
const wait = 2000;
async function again() {
  try {
    const answer = await fetch(location.href, { headers: { accept: 'text/html' }, redirect: 'manual' });
    if (answer.type === 'opaqueredirect') return;
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const [here, there] = [document.getElementById('live'), fresh.getElementById('live')];
    if (answer.ok && here && there && here.innerHTML !== there.innerHTML) here.replaceWith(document.adoptNode(there));
    if (answer.ok && !fresh.querySelector('script[src="/live.js"]')) return;
  } catch {}
  setTimeout(again, wait);
}
setTimeout(again, wait);
`;
