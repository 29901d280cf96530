import { html } from 'hono/html';
import { type AskedPart, partsAsked, type Submitted } from '../operations/submit.ts';
import { notes } from '../runbook/compose.ts';
import { byHand } from '../runbook/handwork.ts';
import { blocksHtml, type Markup, textHtml } from '../runbook/html.ts';
import type { Material } from '../runbook/material.ts';

// Where a person gives a token that they made. It goes one way: nothing that was typed is on any page, in any answer, or in a log.

/** The name of a field that holds a part, so that no part can be taken for anything else of the form. */
const fieldOf = (part: string) => `part-${part}`;

export interface IntakeForm {
  readonly path: string;
  readonly seal: string;
  /** Why the last one was not taken. */
  readonly refused?: string | undefined;
}

/** How to make one, and the form for it. */
export function intakePage(material: Material, { path, seal, refused }: IntakeForm): Markup {
  const { token, account } = material.entry;
  return html`${refused === undefined ? '' : html`<p class="warning" role="alert">${textHtml(refused)} Nothing was changed: the token in use goes on working.</p>`}
<h2>1. Make a new one</h2>
<p>Sign in at <a href="${account.signIn}" target="_blank" rel="noopener noreferrer">${account.signIn}</a> (another tab), and do these steps. Keep the page open until this is done.</p>
${blocksHtml(byHand(material))}
${noted(material)}
<h2>2. Give it here</h2>
<p>It is checked at once, and then given to every place. The old one goes on working for ${token.overlapHours} hours, so nobody is cut off. Nobody can read it here again.</p>
<form method="post" action="${path}" autocomplete="off">
<input type="hidden" name="seal" value="${seal}">
${partsAsked(token, material.rotator).map(
  (asked) => html`<p><label for="${fieldOf(asked.part)}">${asked.says}</label>
<input id="${fieldOf(asked.part)}" name="${fieldOf(asked.part)}" type="password" required autocomplete="off" autocapitalize="none" spellcheck="false"></p>`,
)}
<p class="actions"><button class="first" type="submit">Check it and use it</button> <a class="button" href="/tokens/${token.name}">Not now</a></p>
</form>`;
}

/** What the owner knows of this token, and the provider's documents do not say. */
function noted({ entry }: Material): Markup {
  const blocks = notes(entry);
  return blocks.length === 0 ? html`` : html`<h3>Notes of the owner</h3>\n${blocksHtml(blocks)}`;
}

/** What a form holds, by part. */
export function typedIn(
  fields: Readonly<Record<string, unknown>>,
  asked: readonly AskedPart[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    asked.map(({ part }) => {
      const text = fields[fieldOf(part)];
      return [part, typeof text === 'string' ? text : ''];
    }),
  );
}

const advice: Readonly<Record<string, string>> = {
  'nothing-submitted': 'It is the one that is in use, or was before. Make a new one.',
  'submission-refused': 'Check that it was copied whole, and is of the right account.',
  mismatch: 'Make another one, with all that is to be ticked.',
  'value-shape': 'Copy it again.',
};

/** Why one was not taken, and what to do, without a word of command lines. */
export function refusedText({ code, message }: Extract<Submitted, { outcome: 'refused' }>): string {
  return `${message}. ${advice[code] ?? 'Try again.'}`;
}
