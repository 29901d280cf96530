import { html } from 'hono/html';
import type { Walk } from '../operations/drill.ts';
import { type Markup, textHtml } from '../runbook/html.ts';
import type { Material } from '../runbook/material.ts';

// Where people rehearse a renewal that only they can make: its runbook as a check list, and their names below it.

/** The name of the field of a line. */
const fieldOf = (index: number) => `line-${index + 1}`;

/** What somebody would have to find true who had to renew it today, in the order in which they would come to it. */
export function walkLines({ catalog: { people, teams }, entry, rotator }: Material): readonly string[] {
  const { token, account, owner, backup, consumers } = entry;
  const nameOf = (id: string) => people.get(id)?.name ?? teams.get(id)?.name ?? id;
  return [
    `I can sign in at ${account.signIn} (second factor: ${account.secondFactor}).`,
    `If I could not, ${nameOf(account.administrator)} would let me in; and when nobody can sign in: ${account.recovery}`,
    ...rotator.byHand.map((step) => `I have found where this is done, and have not done it: ${step}`),
    ...token.dependents.map(({ name }) => `This place still uses it: ${name}.`),
    ...consumers.map(({ name }) => `This still reads it: ${name}.`),
    `Its owner is still ${nameOf(owner)}, and who stands in is still ${nameOf(backup)}.`,
  ];
}

/** Whether every line was ticked. */
export function isWalkedThrough(fields: Readonly<Record<string, unknown>>, lines: readonly string[]): boolean {
  return lines.every((_, index) => fields[fieldOf(index)] === 'yes');
}

export interface RehearsalForm {
  readonly path: string;
  readonly seal: string;
  /** Those of owner and backup as whom this visitor may sign. */
  readonly signers: readonly string[];
  /** Why the last one was not taken. */
  readonly refused?: string | undefined;
}

/** The check list, who has signed it, and the button to sign. */
export function rehearsalPage(material: Material, walk: Walk, { path, seal, signers, refused }: RehearsalForm): Markup {
  const { catalog, entry } = material;
  const nameOf = (id: string) => catalog.people.get(id)?.name ?? id;
  const names = (ids: readonly string[]) => (ids.length === 0 ? 'nobody' : ids.map(nameOf).join(' and '));
  const lines = walkLines(material);
  return html`${refused === undefined ? '' : html`<p class="warning" role="alert">${refused}</p>`}
<p class="lead">Walk through it as if you had to renew it today, and stop before you make anything. Nothing is changed by it.</p>
<p>Its owner and who stands in both sign, within 30 days. Signed so far: ${names(walk.signed)}. Not yet: ${names(walk.missing)}.</p>
${
  signers.length === 0
    ? html`<ul>${lines.map((line) => html`<li>${textHtml(line)}</li>`)}</ul>
<p>Only ${names([...new Set([entry.owner, entry.backup])])} can sign it.</p>`
    : html`<form method="post" action="${path}" autocomplete="off">
<input type="hidden" name="seal" value="${seal}">
<ul class="plain">${lines.map(
        (line, index) =>
          html`<li><label class="tick"><input type="checkbox" name="${fieldOf(index)}" value="yes" required> <span>${textHtml(line)}</span></label></li>`,
      )}</ul>
<p><label for="person">Who signs</label><select id="person" name="person" required>${signers.map((id) => html`<option value="${id}">${nameOf(id)}</option>`)}</select></p>
<p class="actions"><button class="first" type="submit">I have walked through it, and it holds</button> <a class="button" href="/tokens/${entry.token.name}">Not now</a></p>
</form>`
}
<p>If a line does not hold, do not sign: have it put right in the entry of the catalog first.</p>`;
}
