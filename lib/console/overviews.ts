import { html } from 'hono/html';
import { plain } from '../alerts/message.ts';
import { type Upcoming, upcomingOf } from '../alerts/upcoming.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { compileIndex } from '../catalog/compile.ts';
import type { Registry } from '../engine/open-token.ts';
import { day, minute } from '../engine/time.ts';
import { type Installation, pausesOf } from '../operations/installation.ts';
import { lookAtAll } from '../operations/look.ts';
import { knownOf } from '../operations/material.ts';
import { type Proven, provenOfAll } from '../operations/proven.ts';
import { needsPerson, type TokenState, type TokenStatus, tokenStates } from '../operations/token-status.ts';
import type { Markup } from '../runbook/html.ts';
import { changedText, stateWords } from '../runbook/liveness.ts';

type Query = Readonly<Record<string, string>>;

const tokensAPage = 50;

const stateNames: Readonly<Record<TokenState, string>> = {
  missing: 'missing',
  unreadable: 'not to be read',
  parked: 'renewal failed',
  overdue: 'overdue',
  empty: 'none yet',
  off: 'not renewed',
  rotating: 'being renewed',
  held: 'on hold',
  paused: 'stopped',
  observed: 'watched',
  fine: 'fine',
};

export function stateBadge(state: TokenState): Markup {
  const look = needsPerson.includes(state) ? 'bad' : state === 'fine' ? 'good' : 'warn';
  return html`<span class="state ${look}">${stateNames[state]}</span>`;
}

/** All tokens, those first that need a person; searched, filtered, and so many a page. */
export async function tokensPage(installation: Installation, registry: Registry, query: Query): Promise<Markup> {
  const { catalog } = installation;
  const entries = new Map(catalog.entries.map((entry) => [entry.token.name, entry]));
  const proven = await provenOfAll(installation);
  const wanted = (query['q'] ?? '').toLowerCase().split(/\s+/).filter(Boolean);
  const statuses = (await lookAtAll(installation, await pausesOf(installation)))
    .filter(({ owner }) => isChosen(query['owner'], owner))
    .filter(({ provider }) => isChosen(query['provider'], provider))
    .filter(({ state }) => isChosen(query['state'], state))
    .filter(({ token }) => isChosen(query['proof'], proven === undefined ? '' : proofOf(proven.get(token))))
    .filter(({ token }) => {
      const text = textOf(installation, entries.get(token));
      return wanted.every((word) => text.includes(word));
    })
    .toSorted((one, other) => tokenStates.indexOf(one.state) - tokenStates.indexOf(other.state));
  const pages = Math.max(Math.ceil(statuses.length / tokensAPage), 1);
  const page = Math.min(Math.max(Number.parseInt(query['page'] ?? '1', 10) || 1, 1), pages);
  const inNeed = statuses.filter(({ state }) => needsPerson.includes(state)).length;
  const titles = await titlesOf(installation, registry);
  return html`${filterForm(installation, query, titles)}
<p role="status">${statuses.length} ${statuses.length === 1 ? 'token' : 'tokens'}; ${inNeed === 0 ? 'none needs a person' : `${inNeed} ${inNeed === 1 ? 'needs' : 'need'} a person`}.</p>
<ul class="plain">${statuses
    .slice((page - 1) * tokensAPage, page * tokensAPage)
    .map((status) =>
      tokenCard(
        installation,
        status,
        entries.get(status.token),
        proven === undefined ? 'unknown' : proven.get(status.token),
        titles,
      ),
    )}</ul>
${pages === 1 ? '' : html`<nav aria-label="Pages"><p>Page ${page} of ${pages}.${page > 1 ? html` <a href="${linkTo(query, page - 1)}">Before</a>` : ''}${page < pages ? html` <a href="${linkTo(query, page + 1)}">Next</a>` : ''}</p></nav>`}`;
}

const proofNames = {
  changed: 'changed since',
  never: 'not proven yet',
  proven: 'as it is now',
} as const;

function proofOf(proven: Proven | undefined): keyof typeof proofNames {
  if (proven === undefined) return 'never';
  return proven.changed.length === 0 ? 'proven' : 'changed';
}

function isChosen(chosen: string | undefined, value: string): boolean {
  return chosen === undefined || chosen === '' || chosen === value;
}

function textOf({ catalog: { people } }: Installation, entry: CatalogEntry | undefined): string {
  if (entry === undefined) return '';
  const { token, description, owner, backup, consumers } = entry;
  const names = [owner, backup].map((id) => people.get(id)?.name ?? id);
  return [token.name, token.provider, token.secret, description, ...names, ...consumers.map(({ name }) => name)]
    .join(' ')
    .toLowerCase();
}

function linkTo(query: Query, page: number): string {
  return `/?${new URLSearchParams({ ...query, page: String(page) })}`;
}

function filterForm({ catalog }: Installation, query: Query, titles: ReadonlyMap<string, string>): Markup {
  const choice = (name: string, label: string, options: readonly (readonly [string, string])[]) =>
    html`<label>${label}<br><select name="${name}"><option value="">all</option>${options.map(
      ([value, text]) => html`<option value="${value}"${query[name] === value ? html` selected` : ''}>${text}</option>`,
    )}</select></label>`;
  const owners = [...new Set(catalog.entries.map(({ owner }) => owner))];
  return html`<form class="filter" role="search" action="/" method="get">
<label>Search<br><input type="search" name="q" value="${query['q'] ?? ''}" autocomplete="off"></label>
${choice(
  'owner',
  'Owner',
  owners.map((id) => [id, catalog.people.get(id)?.name ?? id] as const),
)}
${choice(
  'state',
  'State',
  tokenStates.map((state) => [state, stateNames[state]] as const),
)}
${choice('provider', 'Provider', [...titles])}
${choice('proof', 'Last proven', Object.entries(proofNames))}
<button type="submit">Show</button>
</form>`;
}

function tokenCard(
  { catalog }: Installation,
  { token, state, owner, nextRotationAt, debts, provider }: TokenStatus,
  entry: CatalogEntry | undefined,
  proof: Proven | undefined | 'unknown',
  titles: ReadonlyMap<string, string>,
): Markup {
  const proven = proof === 'unknown' ? undefined : proof;
  const facts = [
    titles.get(provider) ?? provider,
    `owner ${catalog.people.get(owner)?.name ?? owner}`,
    ...(nextRotationAt === undefined ? [] : [html`renewed by <span class="whole">${day(nextRotationAt)}</span>`]),
    ...(proof === 'unknown'
      ? []
      : [proven === undefined ? 'not proven yet' : html`proven <span class="whole">${day(proven.at)}</span>`]),
    ...(debts.length === 0 ? [] : [`${debts.length} old still ${debts.length === 1 ? 'works' : 'work'}`]),
  ];
  return html`<li class="card"><p><a href="/tokens/${token}">${token}</a> ${stateBadge(state)}</p>
<p>${entry?.description ?? ''}</p>
${state === 'fine' ? '' : html`<p>${stateWords[state]}</p>`}
${changedText(proven).map((text) => html`<p class="warn">${plain(text)}.</p>`)}
<p class="soft">${facts.map((fact, index) => html`${index === 0 ? '' : ' · '}${fact}`)}</p></li>`;
}

/** What waits for a person: everybody's, or one person's, and the reader's own where nothing else is asked for. */
export async function tasksPage(installation: Installation, query: Query, reader: string | undefined): Promise<Markup> {
  const { catalog, ledger } = installation;
  const person = query['person'] ?? reader ?? '';
  const mine = new Set(
    catalog.entries
      .filter(({ owner, backup }) => person === '' || owner === person || backup === person)
      .map(({ token }) => token.name),
  );
  const alerts = (await ledger.alerts())
    .filter(({ token }) => (token === undefined ? person === '' : mine.has(token)))
    .toSorted((one, other) => urgencies.indexOf(one.urgency) - urgencies.indexOf(other.urgency) || one.openedAt - other.openedAt);
  return html`<form class="filter" action="/tasks" method="get">
<label>Whose<br><select name="person"><option value="">everybody's</option>${[...catalog.people].map(
    ([id, { name }]) => html`<option value="${id}"${id === person ? html` selected` : ''}>${name}</option>`,
  )}</select></label>
<button type="submit">Show</button>
</form>
<p role="status">${alerts.length === 0 ? 'Nothing waits for anybody.' : `${alerts.length} open.`}</p>
<ul class="plain">${alerts.map(
    ({ urgency, message, next, fix, token, openedAt, acknowledged }) => html`<li class="card">
<p><span class="state ${urgency === 'now' ? 'bad' : 'warn'}">${urgencyWords[urgency]}</span> <strong>${message}</strong></p>
<p>${next} ${fix}</p>
<p class="soft">Since ${minute(openedAt)}.${acknowledged === undefined ? '' : ` ${acknowledged.by} looks after it.`}${token === undefined ? '' : html` <a href="/tokens/${token}">${token}</a>`}</p></li>`,
  )}</ul>`;
}

const urgencies = ['now', 'soon', 'note'] as const;
const urgencyWords = { now: 'now', soon: 'soon', note: 'to know' } as const;

const upcomingWords: Readonly<Record<Upcoming['what'], string>> = {
  rotation: 'is renewed by itself',
  due: 'is due: a person makes a new one',
  expiry: 'expires',
  'authority-expiry': 'can be renewed no more: what makes new ones expires',
};

/** What has a date, by day. */
export async function calendarPage(installation: Installation): Promise<Markup> {
  const { catalog } = installation;
  const { pauses, healths } = await knownOf(installation);
  const statuses = await lookAtAll(installation, pauses);
  const nextRotations = new Map(
    statuses.flatMap(({ token, nextRotationAt }) => (nextRotationAt === undefined ? [] : [[token, nextRotationAt] as const])),
  );
  const upcoming = upcomingOf({ tokens: compileIndex(catalog).tokens, nextRotations, healths });
  const days = [...new Set(upcoming.map(({ at }) => day(at)))];
  const freezes = catalog.freezes.filter(({ until }) => until > installation.clock.now());
  return html`${freezes.map(({ from, until, why }) => html`<p class="warning">From ${minute(from)} to ${minute(until)} nothing is begun: ${why}</p>`)}
${days.length === 0 ? html`<p>Nothing has a date that is known.</p>` : ''}
${days.map(
  (date) => html`<section><h2>${date}</h2>
<ul>${upcoming.filter(({ at }) => day(at) === date).map(({ token, what, at }) => html`<li><a href="/tokens/${token}">${token}</a> ${upcomingWords[what]} (${minute(at).slice(11)})</li>`)}</ul></section>`,
)}`;
}

/** Who looks after what. */
export function peoplePage({ catalog, clock }: Installation): Markup {
  const today = day(clock.now());
  return html`<ul class="plain">${[...catalog.people].map(([id, { name, email, phone, left }]) => {
    const own = catalog.entries.filter(({ owner }) => owner === id);
    const stands = catalog.entries.filter(({ backup }) => backup === id);
    const hasLeft = left !== undefined && left <= today;
    return html`<li class="card"><h2>${name}</h2>
<p>${email}${phone === undefined ? '' : `, ${phone}`}</p>
${hasLeft ? html`<p class="bad">Left on ${left}.${own.length + stands.length === 0 ? '' : ' Somebody else has to be named.'}</p>` : ''}
<p>Owner of ${linksTo(own)}. Stands in for ${linksTo(stands)}.</p>
<p><a href="/tasks?person=${id}">What waits for them</a></p></li>`;
  })}</ul>`;
}

function linksTo(entries: readonly CatalogEntry[]): Markup | string {
  if (entries.length === 0) return 'nothing';
  if (entries.length > 12) return `${entries.length} tokens`;
  return html`${entries.map(({ token: { name } }, index) => html`${index === 0 ? '' : ', '}<a href="/tokens/${name}">${name}</a>`)}`;
}

/** Where the tokens come from, and how far it is proven that Keyturn can deal with it. */
export async function providersPage({ catalog }: Installation, registry: Registry): Promise<Markup> {
  const names = [...new Set(catalog.entries.map(({ token }) => token.provider))].toSorted();
  const rotators = await Promise.all(names.map(async (name) => [name, (await registry.rotator(name))?.facts] as const));
  return html`<ul class="plain">${rotators.map(([name, facts]) => {
    const count = catalog.entries.filter(({ token }) => token.provider === name).length;
    return html`<li class="card"><h2>${facts?.title ?? name}</h2>
<p>${facts?.summary ?? ''}</p>
<p><a href="/?provider=${name}">${count} ${count === 1 ? 'token' : 'tokens'}</a></p>
<p class="soft">Proven on: ${facts?.proven.map(({ on, date }) => `${on}, ${date}`).join('; ') ?? 'nothing'}.</p></li>`;
  })}</ul>`;
}

async function titlesOf({ catalog }: Installation, registry: Registry): Promise<ReadonlyMap<string, string>> {
  const names = [...new Set(catalog.entries.map(({ token }) => token.provider))].toSorted();
  return new Map(
    await Promise.all(names.map(async (name) => [name, (await registry.rotator(name))?.facts.title ?? name] as const)),
  );
}
