import { html } from 'hono/html';
import { plain } from '../alerts/message.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Registry } from '../engine/open-token.ts';
import type { Happened, Health } from '../engine/records.ts';
import { minute } from '../engine/time.ts';
import { rehearsesByItself } from '../operations/drill.ts';
import type { Installation } from '../operations/installation.ts';
import { knownOf, materialFor } from '../operations/material.ts';
import type { TokenStatus } from '../operations/token-status.ts';
import { composeRunbook } from '../runbook/compose.ts';
import { type Markup, runbookHtml, textHtml } from '../runbook/html.ts';
import { changed, lastProof } from '../runbook/liveness.ts';
import type { Material } from '../runbook/material.ts';
import { type Action, actions } from './actions.ts';
import { lifeLine } from './life-line.ts';
import { stateBadge } from './overviews.ts';

/** What was just done, as the address of the page says, and what is said of it. */
export interface Done {
  readonly what: string;
  readonly says: string;
}

/** One token: how it is, what it waits for, what may be done, and its runbook. */
export async function tokenPage(
  installation: Installation,
  registry: Registry,
  entry: CatalogEntry,
  done: Done | undefined,
  may: (action: Action, status: TokenStatus) => boolean,
): Promise<{ readonly body: Markup; readonly isLive: boolean }> {
  const material = await materialFor(installation, registry, entry, await knownOf(installation));
  const { status, health, happened, at } = material;
  const { name } = entry.token;
  const alerts = (await installation.ledger.alerts()).filter(({ token }) => token === name);
  const isAlerted = alerts.some(({ acknowledged }) => acknowledged === undefined);
  const { isAssisted } = entry.needs;
  const known = { isAlerted, isAssisted, rehearses: rehearsesByItself(entry, material.rotator) };
  const offered = actions.filter((action) => action.isOffered(status, known) && may(action, status));
  const body = html`${done === undefined ? '' : html`<p class="card good" role="status">${done.says}</p>`}
<p class="actions">${mayBeGiven(entry, status) ? html`<a class="button first" href="/tokens/${name}/submit">Renew: give a new one</a>` : ''}${offered.map((action, index) => html`<a class="button${index === 0 && !entry.needs.isAssisted ? ' first' : ''}" href="/tokens/${name}/${action.name}">${action.label}</a>`)}${isAssisted ? html`<a class="button" href="/tokens/${name}/drill">Rehearse a renewal</a>` : ''}</p>
<div id="live">
<p>${stateBadge(status.state)}</p>
${lastProven(material)}
${changed(material.proven).map((sentence) => html`<p class="warning">${plain(sentence)}</p>`)}
${lastFailure(status, happened)}
${failedRehearsal(happened)}
${alerts.map(
  ({ message, next, fix, acknowledged }) => html`<div class="warning"><p><strong>${message}</strong></p><p>${next} ${fix}</p>
${acknowledged === undefined ? '' : html`<p>${acknowledged.by} looks after it since ${minute(acknowledged.at)}.</p>`}</div>`,
)}
<h2>Life line</h2>
${lifeLine(status, happened, at)}
${places(entry, status, health)}
${waits(status)}
</div>
<h2>Runbook</h2>
${runbookHtml(composeRunbook(material))}`;
  // Secrets Manager may show a rotation some moments after it has taken it.
  const acted = happened.find(({ what }) => what === 'person.acted')?.at ?? 0;
  const isRecent = done !== undefined && at - acted < 60_000;
  const isRehearsed = done?.what === 'drill' && at - acted < longestDrillMilliseconds && (rehearsalOf(happened)?.at ?? 0) < acted;
  return { body, isLive: status.state === 'rotating' || isRecent || isRehearsed };
}

/** So long a function works at most. */
const longestDrillMilliseconds = 15 * 60_000;

/** How the last rehearsal or renewal ended: a renewal that came to its end since says more than a rehearsal that did not. */
function rehearsalOf(happened: readonly Happened[]): Happened | undefined {
  return happened.find(({ what }) => ['drill.passed', 'drill.failed', 'token.rotated'].includes(what));
}

function failedRehearsal(happened: readonly Happened[]): Markup {
  const last = rehearsalOf(happened);
  return last?.what === 'drill.failed' ? failureHtml(last) : html``;
}

/** Only a person can make it, and there is nothing against it now. */
function mayBeGiven({ needs }: CatalogEntry, { state }: TokenStatus): boolean {
  return needs.isAssisted && !['missing', 'unreadable', 'observed', 'paused'].includes(state);
}

/** When something showed last that it can be renewed. It changes with a renewal, and so says that one is done. */
function lastProven(material: Material): Markup {
  const proof = lastProof(material);
  if (proof === undefined) return html`<p class="soft">Last proven: nothing on record shows yet that it can be renewed.</p>`;
  return html`<p>Last proven: ${minute(proof.at)}, by ${proof.by}.</p>`;
}

/** Why it was parked, and what to do, from the moment in which it was: people are told by the next sweep. */
function lastFailure({ parked }: TokenStatus, happened: readonly Happened[]): Markup {
  const failure = parked && happened.find(({ what }) => what === 'rotation.failed');
  return failure === undefined ? html`` : failureHtml(failure);
}

function failureHtml({ at, message, fix = '' }: Happened): Markup {
  return html`<div class="warning"><p><strong>${minute(at)}: ${message}</strong></p><p>${textHtml(fix)}</p></div>`;
}

/** What is known of each place, and how old that is: nobody looks into a place because a page is opened. */
function places({ token }: CatalogEntry, { currentVersion }: TokenStatus, health: Health | undefined): Markup {
  if (token.dependents.length === 0) return html``;
  const isOfCurrent = health !== undefined && health.versionId === currentVersion;
  return html`<h2>Places that keep a copy</h2>
<ul>${token.dependents.map(({ name }) => {
    const finding = health?.findings.find(({ about }) => about === name);
    if (finding?.code === 'dependent-restarting') return html`<li>${name}: <span class="soft">${finding.message}</span></li>`;
    if (finding !== undefined) return html`<li>${name}: <span class="bad">${finding.message}</span> ${finding.fix}</li>`;
    const answeredAt = isOfCurrent ? health.answeredAt?.[name] : undefined;
    if (answeredAt !== undefined)
      return html`<li>${name}: <span class="good">in effect, answered by the app</span> at ${minute(answeredAt)}</li>`;
    if (isOfCurrent)
      return html`<li>${name}: <span class="good">has the current one</span>, as of ${minute(health.checkedAt)}</li>`;
    return html`<li>${name}: <span class="soft">not looked at since the last renewal</span></li>`;
  })}</ul>`;
}

function waits({ debts }: TokenStatus): Markup {
  if (debts.length === 0) return html``;
  return html`<h2>Old ones that still work</h2>
<ul>${debts.map(({ versionId, waitsFor }) => html`<li>One waits for ${textHtml(waitsFor)}. <span class="soft">(version ${versionId.slice(0, 8)})</span></li>`)}</ul>`;
}
