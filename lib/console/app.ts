import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { html } from 'hono/html';
import { plain } from '../alerts/message.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { asRotationError, RotationError } from '../engine/errors.ts';
import type { Registry } from '../engine/open-token.ts';
import type { Token } from '../engine/token.ts';
import type { Installation } from '../operations/installation.ts';
import { knownOf, materialFor } from '../operations/material.ts';
import { Refusal } from '../operations/refusal.ts';
import { partsAsked, submit } from '../operations/submit.ts';
import { style } from '../pages/style.ts';
import type { Markup } from '../runbook/html.ts';
import { type Action, type Actor, actions } from './actions.ts';
import { type Guard, isSame } from './guard.ts';
import { intakePage, refusedText, typedIn } from './intake.ts';
import { type Frame, layout, liveScript } from './layout.ts';
import { calendarPage, peoplePage, providersPage, tasksPage, tokensPage } from './overviews.ts';
import { tokenPage } from './token-page.ts';

/** What the console is served with, wherever it runs. */
export interface ConsoleOptions {
  readonly installation: Installation;
  readonly registry: Registry;
  readonly guard: Guard;
  /** Its own address, as browsers call it: `http://127.0.0.1:4578`. */
  readonly origin: string;
  /** Who asks; undefined shows nothing but how to get in. */
  readonly identify: (request: Request) => string | undefined;
  readonly howToGetIn: string;
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

type Environment = { Variables: { who: string } };

/**
 * The pages for people: how every token is, and what they may do with it. It reads labels, records and the catalog; nothing in it can read a value.
 * Every page works without a script.
 */
export function createConsole(options: ConsoleOptions): Hono<Environment> {
  const { installation, registry, origin, identify, howToGetIn } = options;
  const app = new Hono<Environment>();

  app.use(async (context, next) => {
    await next();
    context.header('Content-Security-Policy', policy);
    context.header('X-Content-Type-Options', 'nosniff');
    // Not `no-referrer`: with that, browsers send `Origin: null` with our own forms, and every post is taken for a stranger's.
    context.header('Referrer-Policy', 'same-origin');
    context.header('Cross-Origin-Opener-Policy', 'same-origin');
    context.header('Cross-Origin-Resource-Policy', 'same-origin');
    if (!context.res.headers.has('Cache-Control')) context.header('Cache-Control', 'no-store');
  });
  app.get('/style.css', (context) => context.text(style, 200, { 'Content-Type': 'text/css; charset=utf-8' }));
  app.get('/live.js', (context) => context.text(liveScript, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }));
  app.use(async (context, next) => {
    // A name that somebody else made point here is not ours, and its pages are not let in.
    if (new URL(context.req.url).host !== new URL(origin).host)
      return context.text('This is not the address of the console.', 421);
    const who = identify(context.req.raw);
    if (who === undefined)
      return context.html(
        await layout({ title: 'You are not signed in', who: 'not signed in' }, html`<p>${howToGetIn}</p>`),
        401,
      );
    context.set('who', who);
    return next();
  });

  const show = async (context: Context<Environment>, frame: Omit<Frame, 'who'>, body: Markup) =>
    context.html(await layout({ ...frame, who: context.get('who') }, body));
  app.get('/', async (context) =>
    show(context, { title: 'Tokens', part: '/' }, await tokensPage(installation, registry, context.req.query())),
  );
  app.get('/tasks', async (context) =>
    show(context, { title: 'Tasks', part: '/tasks' }, await tasksPage(installation, context.req.query())),
  );
  app.get('/calendar', async (context) =>
    show(context, { title: 'Calendar', part: '/calendar' }, await calendarPage(installation)),
  );
  app.get('/people', async (context) => show(context, { title: 'People', part: '/people' }, peoplePage(installation)));
  app.get('/providers', async (context) =>
    show(context, { title: 'Providers', part: '/providers' }, await providersPage(installation, registry)),
  );
  app.get('/tokens/:name', async (context) => {
    const entry = installation.entry(context.req.param('name'));
    const said = context.req.query('done') ?? '';
    const done = Object.hasOwn(takenTexts, said) ? takenTexts[said] : actions.find(({ name }) => name === said)?.done;
    const { body, isLive } = await tokenPage(installation, registry, entry, done);
    return show(context, { title: entry.token.name, isLive }, body);
  });
  app.get('/tokens/:name/submit', async (context) => {
    const material = await assistedMaterial(options, context);
    return show(context, { title: `Renew ${material.entry.token.name}` }, intakePage(material, formOf(options, context)));
  });
  app.post('/tokens/:name/submit', bodyLimit({ maxSize: mostPosted, onError: tooLong }), async (context) => {
    const { who, fields } = await readForm(options, context);
    const material = await assistedMaterial(options, context);
    const { entry, rotator } = material;
    await record(installation, entry.token, { who, why: '' }, 'gave a new one');
    const submitted = await submit(installation, entry, rotator, typedIn(fields, partsAsked(entry.token, rotator))).catch(
      refusedBefore,
    );
    if (typeof submitted !== 'string' && submitted.outcome !== 'refused')
      return context.redirect(`/tokens/${entry.token.name}?done=${submitted.outcome === 'begun' ? 'submit' : 'waits'}`, 303);
    const refused = typeof submitted === 'string' ? submitted : refusedText(submitted);
    const title = `Renew ${entry.token.name}`;
    const page = await layout({ title, who }, intakePage(material, { ...formOf(options, context), refused }));
    return context.html(page, 422);
  });
  app.get('/tokens/:name/:action', async (context) => {
    const { entry, action } = asked(installation, context);
    return show(context, { title: `${action.label}: ${entry.token.name}` }, confirmation(options, context, action));
  });
  app.post('/tokens/:name/:action', async (context) => {
    const { entry, action } = asked(installation, context);
    const { who, why } = await readPost(options, context, action);
    // Written down first: what cannot be written down is not done.
    await record(installation, entry.token, { who, why }, action.recorded);
    await action.act(installation, entry, { who, why });
    return context.redirect(`/tokens/${entry.token.name}?done=${action.name}`, 303);
  });

  app.notFound((context) => problem(context, 404, 'There is no such page.', 'The list of tokens has them all.'));
  app.onError((error, context) => {
    if (error instanceof PageRefusal) return problem(context, error.status, error.message, error.fix);
    if (error instanceof RotationError) return problem(context, error.code === 'catalog' ? 404 : 409, error.message, error.fix);
    if (error instanceof Refusal) return problem(context, 409, error.message, '');
    // What another error says may come from anywhere, and is shown to nobody.
    return problem(context, 500, asRotationError(new Error(), 'the console').message, 'Try again in a while.');
  });
  return app;
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

async function problem(context: Context<Environment>, status: 400 | 403 | 404 | 409 | 500, message: string, fix: string) {
  const body = html`<p class="warning" role="alert">${message}</p><p>${fix}</p><p><a href="/">All tokens</a></p>`;
  return context.html(await layout({ title: 'That was not done', who: context.get('who') ?? 'not signed in' }, body), status);
}

function asked({ entry }: Installation, context: Context<Environment>): { entry: CatalogEntry; action: Action } {
  const action = actions.find(({ name }) => name === context.req.param('action'));
  if (action === undefined) throw new PageRefusal(404, 'There is no such page.', 'The list of tokens has them all.');
  return { entry: entry(context.req.param('name') ?? ''), action };
}

function confirmation({ installation, guard }: ConsoleOptions, context: Context<Environment>, action: Action): Markup {
  const { entry } = asked(installation, context);
  const path = new URL(context.req.url).pathname;
  const seal = guard.seal(path, context.get('who'), installation.clock.now());
  const reason = html`<p><label for="why">Your reason</label><input id="why" name="why" required maxlength="60" autocomplete="off"></p>`;
  return html`<p class="lead">${action.explains(entry)}</p>
<form method="post" action="${path}">
<input type="hidden" name="seal" value="${seal}">
${action.needsReason === true ? reason : ''}
<p class="actions"><button class="first" type="submit">${action.label}</button> <a class="button" href="/tokens/${entry.token.name}">Leave it as it is</a></p>
</form>`;
}

/** A post of one of our own pages, of this hour, by this person; anything else is refused. */
async function readPost(
  { guard, origin, installation }: ConsoleOptions,
  context: Context<Environment>,
  { needsReason = false }: Action,
): Promise<Actor> {
  const { who, fields } = await readForm({ guard, origin, installation }, context);
  const { why = '' } = fields;
  const reason = typeof why === 'string' ? plain(why) : '';
  if (needsReason && reason === '') throw new PageRefusal(400, 'It needs a reason.', 'Go back, and say why.');
  if (reason.length > 60) throw new PageRefusal(400, 'The reason is longer than 60 characters.', 'Go back, and say it shorter.');
  return { who, why: reason };
}

/** The fields of a form that is one of ours. */
async function readForm(
  { guard, origin, installation }: Pick<ConsoleOptions, 'guard' | 'origin' | 'installation'>,
  context: Context<Environment>,
): Promise<{ readonly who: string; readonly fields: Readonly<Record<string, unknown>> }> {
  const who = context.get('who');
  const { seal, ...fields } = await context.req.parseBody();
  const isOurs = isSame(context.req.header('origin') ?? '', origin);
  const path = new URL(context.req.url).pathname;
  if (!isOurs || typeof seal !== 'string' || !guard.isSealed(seal, path, who, installation.clock.now())) {
    throw new PageRefusal(
      403,
      'This form is not one of ours, or is older than an hour.',
      'Go back to the token, and ask for it again.',
    );
  }
  return { who, fields };
}

/** What a browser may send at most: more than any token, and far less than what could do harm. */
const mostPosted = 100 * 1024;

function tooLong(): never {
  throw new PageRefusal(400, 'What was sent is longer than any token.', 'Go back, and copy the token alone.');
}

/** What is said when a token was taken; nothing of it stands in the address. */
const takenTexts: Readonly<Record<string, string>> = {
  submit: 'The new token works. It is being given to every place now; this page shows how far it is.',
  waits: 'The new token works. It is used as soon as what is under way now is over.',
};

/** What is wrong with what was typed is told beside the form; anything else is a problem of ours. */
function refusedBefore(error: unknown): string {
  if (error instanceof Refusal) return error.message.replace(/ Nothing was stored\.$/, '');
  throw error;
}

function formOf({ guard, installation }: ConsoleOptions, context: Context<Environment>) {
  const path = new URL(context.req.url).pathname;
  return { path, seal: guard.seal(path, context.get('who'), installation.clock.now()) };
}

/** Of a token that only a person can make; of others there is no such page. */
async function assistedMaterial({ installation, registry }: ConsoleOptions, context: Context<Environment>) {
  const entry = installation.entry(context.req.param('name') ?? '');
  const material = await materialFor(installation, registry, entry, await knownOf(installation));
  if (material.rotator.kind === 'assisted') return material;
  throw new PageRefusal(404, 'Nobody has to make this one.', 'Its page has a button that renews it.');
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
