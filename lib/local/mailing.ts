import { html } from 'hono/html';
import { fake as mailchimp } from '../../rotators/mailchimp/fake.ts';
import type { LoopbackHosts } from '../http/addresses.ts';
import { type FakeAnswer, type FakeRequest, type FakeWorld, formOf } from '../testing/fake.ts';
import { readJson, writeJson } from './files.ts';
import { serveOnLoopback } from './loopback.ts';

/** Mailchimp as far as its fake knows it, on loopback: the provider of the story whose tokens only people make, on a page of its own. */
export interface Mailing {
  /** The page on which a person makes a key by hand, and revokes one. */
  readonly url: string;
  /** How its API is reached in place of the vendor's. */
  readonly loopback: LoopbackHosts;
  readonly scope: Readonly<Record<string, unknown>>;
  /** What it says to a key: 200 or 401. */
  ask(key: string): number;
  /** A person makes one, as on the page. */
  makeByHand(): string;
  close(): void;
}

/** What it knows is kept in a file, so that it survives a restart as the secrets do. */
export async function startMailing(world: FakeWorld, file: string): Promise<Mailing> {
  const fake = mailchimp(world);
  fake.state = (readJson(file) as typeof fake.state | undefined) ?? fake.state;
  const save = () => writeJson(file, fake.state);
  const make = (name: string) => {
    const { value } = fake.makeByHand(name);
    save();
    return value;
  };
  const revoke = (index: number) => {
    fake.end(fake.state.tokens[index]);
    save();
  };
  const { url, close } = await serveOnLoopback({
    handle(request) {
      if (!request.path.startsWith('/3.0')) return onPage(request);
      return fake.handle(request);
    },
  });

  function onPage(request: FakeRequest): FakeAnswer {
    const { method, path } = request;
    const { name = '', key = '' } = formOf(request) ?? {};
    if (method === 'GET' && path === '/') return page(keysPage(fake.state.tokens));
    if (method === 'POST' && path === '/create') return page(onceShown(make(name.slice(0, 60))));
    if (method === 'POST' && path === '/revoke' && /^\d{1,4}$/.test(key)) {
      revoke(Number(key));
      return { status: 303, headers: { location: '/' } };
    }
    return page(html`<p>There is no such page.</p>`, 404);
  }

  const me = (key: string): FakeRequest => ({
    method: 'GET',
    path: '/3.0/',
    query: {},
    headers: { authorization: `Bearer ${key}` },
    body: '',
  });
  return {
    url: `${url}/`,
    loopback: { [new URL(fake.api).host]: url },
    scope: fake.scope,
    ask: (key) => fake.handle(me(key)).status,
    makeByHand: () => make('made by a person'),
    close,
  };
}

type Keys = ReturnType<typeof mailchimp>['state']['tokens'];
type Body = ReturnType<typeof html>;

/** As Mailchimp shows them: by their names and first characters, and never again as a whole. */
function keysPage(keys: Keys): Body {
  return html`<form method="post" action="/create" autocomplete="off">
<p><label for="name">Name of the new key</label> <input id="name" name="name" required maxlength="60"> <button>Create A Key</button></p>
</form>
<h2>Keys</h2>
<ul>${keys.map(
    ({ name = '', value, revokedAt }, index) =>
      html`<li>${name} (<code>${value.slice(0, 4)}…</code>) ${
        revokedAt === undefined
          ? html`<form method="post" action="/revoke"><input type="hidden" name="key" value="${index}"><button aria-label="Revoke ${name}">Revoke</button></form>`
          : 'revoked'
      }</li>`,
  )}</ul>`;
}

function onceShown(key: string): Body {
  return html`<p>Copy the key. It is shown this once.</p>
<p><label for="key">The new key</label> <input id="key" value="${key}" readonly size="48"></p>
<p><a href="/">Done</a></p>`;
}

function page(body: Body, status = 200): FakeAnswer {
  const whole = html`<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>API keys - stand-in for Mailchimp</title></head>
<body>
<main>
<h1>API keys</h1>
<p><strong>This is a stand-in for Mailchimp on your machine.</strong> Its keys open nothing anywhere else.</p>
${body}
</main>
</body>
</html>`;
  return {
    status,
    headers: {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': "default-src 'none'; form-action 'self'; frame-ancestors 'none'",
      'cache-control': 'no-store',
    },
    body: String(whole),
  };
}
