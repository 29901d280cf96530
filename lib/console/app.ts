import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { plain } from '../alerts/message.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError, RotationError } from '../engine/errors.ts';
import type { Registry } from '../engine/open-token.ts';
import type { Token } from '../engine/token.ts';
import { signWalk, walkOf } from '../operations/drill.ts';
import { type Installation, pausesOf } from '../operations/installation.ts';
import { lookAt } from '../operations/look.ts';
import { knownOf, materialFor } from '../operations/material.ts';
import { Refusal } from '../operations/refusal.ts';
import { partsAsked, submit } from '../operations/submit.ts';
import { style } from '../pages/style.ts';
import type { Markup } from '../runbook/html.ts';
import { type Action, type Actor, actions } from './actions.ts';
import { mayAct, mayWalkAs, seenBy, type Visitor } from './guard.ts';
import { intakePage, refusedText, typedIn } from './intake.ts';
import { type Frame, layout, liveScript } from './layout.ts';
import { calendarPage, peoplePage, providersPage, tasksPage, tokensPage } from './overviews.ts';
import { isWalkedThrough, rehearsalPage, walkLines } from './rehearsal.ts';
import { isSame } from './seals.ts';
import { tokenPage } from './token-page.ts';

/** What the console is served with, wherever it runs. */
export interface ConsoleOptions {
  readonly installation: Installation;
  readonly registry: Registry;
  readonly entrance: Entrance;
  /** Its own address, as browsers call it: `http://127.0.0.1:4578`. */
  readonly origin: string;
}

/** By which way people come in: a key on a laptop, signing in elsewhere. */
export interface Entrance {
  /** Who asks; undefined for somebody who is not in. */
  identify(request: Request): Promise<Visitor | undefined>;
  /** Pages of its own, answered before anybody is known. Undefined for any other address. */
  answer(request: Request): Promise<EntranceAnswer | undefined>;
  /** Where somebody who only looks is sent to come in. @default nowhere: they are told `howToGetIn` */
  readonly signInPath?: (wanted: string) => string;
  readonly howToGetIn: string;
  /** Ends what {@link identify} goes by. @default nobody can sign out */
  readonly signOut?: (request: Request) => Promise<EntranceAnswer>;
}

/** A way on, or a page that says why there is none. */
export interface EntranceAnswer {
  readonly redirect?: string;
  readonly page?: { readonly status: 200 | 401 | 403 | 503; readonly title: string; readonly body: Markup };
  readonly cookies?: readonly string[];
}

const policy = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The installation is the visitor's: in it there is nothing that they may not see. */
type Environment = { Variables: { visitor: Visitor; installation: Installation } };

/**
 * The pages for people: how every token is, and what they may do with it. It reads labels, records and the catalog; nothing in it can read a value.
 * Every page works without a script.
 */
export function createConsole(options: ConsoleOptions): Hono<Environment> {
  const { installation, registry, origin, entrance } = options;
  const app = new Hono<Environment>();

  app.use(async (context, next) => {
    await next();
    context.header('Content-Security-Policy', policy);
    context.header('X-Content-Type-Options', 'nosniff');
    // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and every post is taken for a stranger's.
    context.header('Referrer-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    if (origin.startsWith('https:')) context.header('Strict-Transport-Security', 'max-age=31536000');
    if (!context.res.headers.has('Cache-Control')) context.header('Cache-Control', 'no-store');
  });
  app.get('/style.css', (context) => context.text(style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/live.js', (context) => context.text(liveScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.use(async (context, next) => {
    // A name that somebody else made point here is not ours, and its pages are not let in.
    if (new URL(context.req.url).host !== new URL(origin).host)
      return context.text('This is not the address of the console.', 421);
    const answered = await entrance.answer(context.req.raw);
    if (answered !== undefined) return enter(context, answered);
    const visitor = await entrance.identify(context.req.raw);
    if (visitor === undefined) return turnAway(context, entrance);
    context.set('visitor', visitor);
    context.set('installation', seenBy(installation, visitor));
    return next();
  });

  const show = async (context: Context<Environment>, frame: Pick<Frame, 'title' | 'part' | 'isLive'>, body: Markup) =>
    context.html(await layout({ ...frame, ...frameOf(context) }, body));
  app.get('/', async (context) =>
    show(context, { title: 'Tokens', part: '/' }, await tokensPage(context.get('installation'), registry, context.req.query())),
  );
  app.get('/tasks', async (context) => {
    const { personId } = context.get('visitor');
    const body = await tasksPage(context.get('installation'), context.req.query(), personId);
    return show(context, { title: 'Tasks', part: '/tasks' }, body);
  });
  app.get('/calendar', async (context) =>
    show(context, { title: 'Calendar', part: '/calendar' }, await calendarPage(context.get('installation'))),
  );
  app.get('/people', async (context) =>
    show(context, { title: 'People', part: '/people' }, peoplePage(context.get('installation'))),
  );
  app.get('/providers', async (context) =>
    show(context, { title: 'Providers', part: '/providers' }, await providersPage(context.get('installation'), registry)),
  );
  app.get('/tokens/:name', async (context) => {
    const seen = context.get('installation');
    const entry = seen.entry(context.req.param('name'));
    const what = context.req.query('done') ?? '';
    const says = Object.hasOwn(doneTexts, what) ? doneTexts[what] : actions.find(({ name }) => name === what)?.done;
    const done = says === undefined ? undefined : { what, says };
    const { body, isLive } = await tokenPage(seen, registry, entry, done, (action, status) =>
      mayAct(context.get('visitor'), action, entry, status),
    );
    return show(context, { title: entry.token.name, isLive }, body);
  });
  app.get('/tokens/:name/submit', async (context) => {
    const material = await assistedMaterial(context, registry);
    return show(context, { title: `Renew ${material.entry.token.name}` }, intakePage(material, formOf(context)));
  });
  app.post('/tokens/:name/submit', bodyLimit({ maxSize: mostPosted, onError: tooLong }), async (context) => {
    const fields = await readForm(context, origin);
    const material = await assistedMaterial(context, registry);
    const { entry, rotator } = material;
    const { name } = entry.token;
    await record(installation, entry.token, { who: context.get('visitor').who, why: '' }, 'gave a new one');
    const typed = typedIn(fields, partsAsked(entry.token, rotator));
    const submitted = await submit(context.get('installation'), entry, rotator, typed).catch(refusedBefore);
    if (typeof submitted !== 'string' && submitted.outcome !== 'refused')
      return context.redirect(`/tokens/${name}?done=${submitted.outcome === 'begun' ? 'submit' : 'waits'}`, 303);
    const refused = typeof submitted === 'string' ? submitted : refusedText(submitted);
    const page = intakePage(material, { ...formOf(context), refused });
    return context.html(await layout({ title: `Renew ${name}`, ...frameOf(context) }, page), 422);
  });
  app.get('/tokens/:name/drill', async (context, next) => {
    const walked = await walkedMaterial(context, registry);
    if (walked === undefined) return next(); // a program rehearses it, as an action
    const { material, walk, signers } = walked;
    const page = rehearsalPage(material, walk, { ...formOf(context), signers });
    return show(context, { title: `Rehearse: ${material.entry.token.name}` }, page);
  });
  app.post('/tokens/:name/drill', async (context, next) => {
    const walked = await walkedMaterial(context, registry);
    if (walked === undefined) return next();
    const fields = await readForm(context, origin);
    const { material, walk, signers } = walked;
    const { entry } = material;
    const { name } = entry.token;
    const person = signers.find((id) => id === fields['person']);
    if (person === undefined)
      throw new PageRefusal(403, 'You cannot sign for them.', 'Its owner and its backup sign for themselves.');
    if (!isWalkedThrough(fields, walkLines(material))) {
      const refused = 'Not every line is ticked. Nothing was signed.';
      const page = rehearsalPage(material, walk, { ...formOf(context), signers, refused });
      return context.html(await layout({ title: `Rehearse: ${name}`, ...frameOf(context) }, page), 422);
    }
    await record(installation, entry.token, { who: context.get('visitor').who, why: '' }, `signed its rehearsal as ${person}`);
    const { missing } = await signWalk(installation, entry, person);
    return context.redirect(`/tokens/${name}?done=${missing.length === 0 ? 'rehearsed' : 'signed'}`, 303);
  });
  app.get('/tokens/:name/:action', async (context) => {
    const { entry, action } = await asked(context);
    return show(context, { title: `${action.label}: ${entry.token.name}` }, confirmation(context, entry, action));
  });
  app.post('/tokens/:name/:action', async (context) => {
    const fields = await readForm(context, origin);
    const { entry, action } = await asked(context);
    const actor = { who: context.get('visitor').who, why: reasonIn(fields, action) };
    // Written down first: what cannot be written down is not done.
    await record(installation, entry.token, actor, action.recorded);
    await action.act(installation, entry, actor);
    return context.redirect(`/tokens/${entry.token.name}?done=${action.name}`, 303);
  });
  app.post('/sign-out', async (context) => {
    await readForm(context, origin);
    return enter(context, (await entrance.signOut?.(context.req.raw)) ?? { redirect: '/' });
  });

  app.notFound((context) => problem(context, 404, 'There is no such page.', 'The list of tokens has them all.'));
  app.onError((error, context) => {
    if (error instanceof PageRefusal) return problem(context, error.status, error.message, error.fix);
    if (error instanceof RotationError) {
      const isUnknown = error.code === 'unavailable' || error.code === 'uncertain';
      const title = isUnknown ? 'Nobody knows yet what came of it' : 'That was not done';
      return problem(context, error.code === 'catalog' ? 404 : 409, error.message, error.fix, title);
    }
    if (error instanceof Refusal) return problem(context, 409, error.message, '');
    // What another error says may come from anywhere, and is shown to nobody.
    return problem(context, 500, asRotationError(new Error(), 'the console').message, 'Try again in a while.');
  });
  return app;
}

async function enter(context: Context<Environment>, { redirect, page, cookies = [] }: EntranceAnswer): Promise<Response> {
  for (const cookie of cookies) context.header('Set-Cookie', cookie, { append: true });
  if (page === undefined) return context.redirect(redirect ?? '/', 303);
  return context.html(await layout({ title: page.title, who: 'not signed in' }, page.body), page.status);
}

/** Whoever looks is sent to come in; what somebody wanted to do is not done later for them. */
async function turnAway(context: Context<Environment>, { signInPath, howToGetIn }: Entrance): Promise<Response> {
  const { pathname, search } = new URL(context.req.url);
  if (signInPath !== undefined && context.req.method === 'GET') return context.redirect(signInPath(`${pathname}${search}`), 303);
  const way = signInPath === undefined ? '' : html`<p><a href="${signInPath('/')}">Sign in</a></p>`;
  const body = html`<p>${howToGetIn}</p>${way}`;
  return context.html(await layout({ title: 'You are not signed in', who: 'not signed in' }, body), 401);
}

function frameOf(context: Context<Environment>): Pick<Frame, 'who' | 'signOutSeal'> {
  const visitor = context.get('visitor') as Visitor | undefined;
  if (visitor === undefined) return { who: 'not signed in' };
  const { who, seals, isSignedIn } = visitor;
  return { who, ...(isSignedIn ? { signOutSeal: seals.seal('/sign-out', who, context.get('installation').clock.now()) } : {}) };
}

/** A request that is not answered with what it asked for. */
class PageRefusal extends Refusal {
  readonly status: 400 | 403 | 404;
  readonly fix: string;
  constructor(status: 400 | 403 | 404, message: string, fix: string) {
    super(message);
    this.status = status;
    this.fix = fix;
  }
}

async function problem(
  context: Context<Environment>,
  status: 400 | 403 | 404 | 409 | 500,
  message: string,
  fix: string,
  title = 'That was not done',
): Promise<Response> {
  const body = html`<p class="warning" role="alert">${message}</p><p>${fix}</p><p><a href="/">All tokens</a></p>`;
  return context.html(await layout({ title, ...frameOf(context) }, body), status);
}

/** What the address asks for, if this visitor may do it. */
async function asked(context: Context<Environment>): Promise<{ readonly entry: CatalogEntry; readonly action: Action }> {
  const action = actions.find(({ name }) => name === context.req.param('action'));
  if (action === undefined) throw new PageRefusal(404, 'There is no such page.', 'The list of tokens has them all.');
  const installation = context.get('installation');
  const entry = installation.entry(context.req.param('name') ?? '');
  const status = await lookAt(installation, entry, await pausesOf(installation));
  if (mayAct(context.get('visitor'), action, entry, status)) return { entry, action };
  throw new PageRefusal(403, 'You may look at this token, and may not do this.', 'Its owner, its backup or an admin can.');
}

function confirmation(context: Context<Environment>, entry: CatalogEntry, action: Action): Markup {
  const path = new URL(context.req.url).pathname;
  const { who, seals } = context.get('visitor');
  const seal = seals.seal(path, who, context.get('installation').clock.now());
  const reason = html`<p><label for="why">Your reason</label><input id="why" name="why" required maxlength="60" autocomplete="off"></p>`;
  return html`<p class="lead">${action.explains(entry)}</p>
<form method="post" action="${path}">
<input type="hidden" name="seal" value="${seal}">
${action.needsReason === true ? reason : ''}
<p class="actions"><button class="first" type="submit">${action.label}</button> <a class="button" href="/tokens/${entry.token.name}">Leave it as it is</a></p>
</form>`;
}

type Fields = Awaited<ReturnType<Context['req']['parseBody']>>;

/** A post of one of our own pages, of this hour, by this person; anything else is refused. */
async function readForm(context: Context<Environment>, origin: string): Promise<Fields> {
  const fields = await context.req.parseBody();
  const { seal } = fields;
  const { who, seals } = context.get('visitor');
  const isOurs = isSame(context.req.header('origin') ?? '', origin);
  const path = new URL(context.req.url).pathname;
  const now = context.get('installation').clock.now();
  if (isOurs && typeof seal === 'string' && seals.isSealed(seal, path, who, now)) return fields;
  throw new PageRefusal(
    403,
    'This form is not one of ours, or is older than an hour.',
    'Go back to the token, and ask for it again.',
  );
}

function reasonIn({ why }: Fields, { needsReason = false }: Action): string {
  const reason = typeof why === 'string' ? plain(why) : '';
  if (needsReason && reason === '') throw new PageRefusal(400, 'It needs a reason.', 'Go back, and say why.');
  if (reason.length > 60) throw new PageRefusal(400, 'The reason is longer than 60 characters.', 'Go back, and say it shorter.');
  return reason;
}

/** What a browser may send at most: more than any token, and far less than what could do harm. */
const mostPosted = 100 * 1024;

function tooLong(): never {
  throw new PageRefusal(400, 'What was sent is longer than any token.', 'Go back, and copy the token alone.');
}

/** What is said of what is no action: when a token was taken (nothing of it stands in the address), and when somebody has signed. */
const doneTexts: Readonly<Record<string, string>> = {
  submit: 'The new token works. It is being given to every place now; this page shows how far it is.',
  waits: 'The new token works. It is used as soon as what is under way now is over.',
  signed: 'Your walk through its runbook is written down. The other one of the two still has to sign.',
  rehearsed: 'Both have signed: its renewal is proven.',
};

/** What is wrong with what was typed is told beside the form; anything else is a problem of ours. */
function refusedBefore(error: unknown): string {
  if (error instanceof Refusal) return error.message.replace(/ Nothing was stored\.$/, '');
  throw error;
}

function formOf(context: Context<Environment>) {
  const path = new URL(context.req.url).pathname;
  const { who, seals } = context.get('visitor');
  return { path, seal: seals.seal(path, who, context.get('installation').clock.now()) };
}

/** Of a token that only a person can make, for somebody who may give a new one; of others there is no such page. */
async function assistedMaterial(context: Context<Environment>, registry: Registry) {
  const installation = context.get('installation');
  const entry = installation.entry(context.req.param('name') ?? '');
  const material = await materialFor(installation, registry, entry, await knownOf(installation));
  if (material.rotator.kind !== 'assisted')
    throw new PageRefusal(404, 'Nobody has to make this one.', 'Its page has a button that renews it.');
  if (mayAct(context.get('visitor'), {}, entry, material.status)) return material;
  throw new PageRefusal(403, 'You may look at this token, and may not do this.', 'Its owner, its backup or an admin can.');
}

/** Of a token whose renewal only people rehearse, with how far they are and as whom the visitor may sign; undefined for others. */
async function walkedMaterial(context: Context<Environment>, registry: Registry) {
  const installation = context.get('installation');
  const entry = installation.entry(context.req.param('name') ?? '');
  if (!entry.needs.isAssisted) return undefined;
  const material = await materialFor(installation, registry, entry, await knownOf(installation));
  return { material, walk: await walkOf(installation, entry), signers: mayWalkAs(context.get('visitor'), entry) };
}

async function record(
  { ledger, clock, describe, entry }: Installation,
  { name, provider }: Token,
  { who, why }: Actor,
  recorded: string,
): Promise<void> {
  const { arn } = await describe(entry(name));
  const at = clock.now();
  await ledger.recordAction(provider, {
    id: `${at}-${randomUUID()}`,
    at,
    what: 'person.acted',
    by: who,
    token: name,
    secretArn: arn,
    message: `${name}: ${who} ${recorded}${why === '' ? '' : ` (${why})`}`,
  });
}
