import { html } from 'hono/html';
import * as oidc from 'openid-client';
import type { Catalog } from '../catalog/catalog.ts';
import type { Clock } from '../engine/ports.ts';
import type { Entrance, EntranceAnswer } from './app.ts';
import { type Groups, visitorOf } from './claims.ts';
import { cookieOf } from './cookies.ts';
import { hasPart, type Visitor } from './guard.ts';
import { createSeals } from './seals.ts';
import type { Session, Sessions } from './sessions.ts';

export interface SignInOptions {
  /** The address of an issuer of OpenID Connect, as its own documents give it. */
  readonly issuer: string;
  /** A public client of it: there is no secret, and PKCE takes its place. */
  readonly clientId: string;
  readonly groups: Groups;
  /** The console's own address. The issuer sends people back to `/signed-in` there. */
  readonly origin: string;
  readonly catalog: Catalog;
  readonly sessions: Sessions;
  readonly clock: Pick<Clock, 'now'>;
}

/** Cookies of this very host, that no page reads and nobody sees on the way. */
const sessionCookie = '__Host-keyturn';
const attemptCookie = '__Host-keyturn-sign-in';
const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
const attemptMinutes = 10;
/** So long somebody who was removed at the issuer may still be here. */
export const checkMinutes = 5;

const signInPath = (wanted: string) => `/sign-in?${new URLSearchParams({ to: wanted })}`;

/** Coming in by OpenID Connect: authorization code with PKCE, state and nonce, and a session that can be ended. */
export function createSignIn(options: SignInOptions): Entrance {
  const { origin, catalog, groups, sessions, clock } = options;
  const configuration = openConfiguration(options);

  async function begin(wanted: string): Promise<EntranceAnswer> {
    const attempt: Attempt = {
      state: oidc.randomState(),
      nonce: oidc.randomNonce(),
      verifier: oidc.randomPKCECodeVerifier(),
      to: isOurs(wanted) ? wanted : '/',
    };
    const address = oidc.buildAuthorizationUrl(await configuration(), {
      redirect_uri: `${origin}/signed-in`,
      scope: 'openid email profile',
      state: attempt.state,
      nonce: attempt.nonce,
      code_challenge: await oidc.calculatePKCECodeChallenge(attempt.verifier),
      code_challenge_method: 'S256',
    });
    const text = Buffer.from(JSON.stringify(attempt)).toString('base64url');
    return {
      redirect: address.href,
      cookies: [`${attemptCookie}=${text}; ${attributes}; Max-Age=${attemptMinutes * 60}`],
    };
  }

  async function end(request: Request): Promise<EntranceAnswer> {
    const cookies = [`${attemptCookie}=; ${attributes}; Max-Age=0`];
    const attempt = attemptIn(cookieOf(request, attemptCookie));
    if (attempt === undefined) return { ...refused('Signing in took too long, or was begun in another browser.'), cookies };
    const current = new URL(`${origin}/signed-in${new URL(request.url).search}`);
    const issuer = await configuration();
    let claims: Session['claims'];
    let accessToken: string;
    try {
      const tokens = await oidc.authorizationCodeGrant(issuer, current, {
        expectedState: attempt.state,
        expectedNonce: attempt.nonce,
        pkceCodeVerifier: attempt.verifier,
        idTokenExpected: true,
      });
      accessToken = tokens.access_token;
      const said = tokens.claims();
      claims = { ...said, ...(await userInfo(issuer, accessToken, said?.sub ?? '')) };
    } catch {
      // What it says comes from elsewhere, and is shown to nobody.
      return { ...refused('The issuer did not confirm who you are.'), cookies };
    }
    const visitor = visitorOf(claims, groups, catalog, clock.now());
    if (!hasPart(visitor)) {
      const title = 'There is nothing for you here';
      const body = html`<p>You have signed in as ${visitor.who}. You are in none of the groups that look after tokens, and no token is yours.</p>
<p>Ask an admin for a group, or to be named in the catalog by the address with which you sign in.</p>`;
      return { page: { status: 403, title, body }, cookies };
    }
    const key = await sessions.begin({ claims, accessToken });
    return { redirect: attempt.to, cookies: [...cookies, `${sessionCookie}=${key}; ${attributes}`] };
  }

  /** Asks the issuer now and then. A clear no ends the session; where nothing is answered, it goes on to its end. */
  async function checked(key: string, session: Session): Promise<Session | undefined> {
    const now = clock.now();
    if (now - session.checkedAt < checkMinutes * 60_000) return { ...session, usedAt: now };
    try {
      const said = await userInfo(await configuration(), session.accessToken, String(session.claims['sub']));
      return { ...session, claims: { ...session.claims, ...said }, usedAt: now, checkedAt: now };
    } catch (error) {
      if (isUnanswered(error)) return { ...session, usedAt: now };
      await sessions.end(key);
      return undefined;
    }
  }

  return {
    howToGetIn: 'You have not signed in, or it was too long ago. What you asked for was not done.',
    signInPath,
    async identify(request): Promise<Visitor | undefined> {
      const key = cookieOf(request, sessionCookie);
      const before = await sessions.read(key);
      const session = before && (await checked(key, before));
      if (before === undefined || session === undefined) return undefined;
      // Not for each page: a minute more or less does not matter.
      if (session.checkedAt !== before.checkedAt || session.usedAt - before.usedAt > 60_000) await sessions.save(key, session);
      const visitor = visitorOf(session.claims, groups, catalog, session.usedAt);
      if (!hasPart(visitor)) return undefined;
      return { ...visitor, seals: createSeals(sessions.keyFor(key, 'forms')), isSignedIn: true };
    },
    async answer(request) {
      const { pathname, searchParams } = new URL(request.url);
      if (request.method !== 'GET') return undefined;
      if (pathname === '/signed-out') return signedOut(await configuration().catch(() => undefined));
      if (pathname !== '/sign-in' && pathname !== '/signed-in') return undefined;
      try {
        return pathname === '/sign-in' ? await begin(searchParams.get('to') ?? '/') : await end(request);
      } catch {
        const body = html`<p>Whoever confirms who you are does not answer. Try again in a while.</p><p><a href="/sign-in">Sign in</a></p>`;
        return { page: { status: 503, title: 'Signing in does not work now', body } };
      }
    },
    async signOut(request) {
      await sessions.end(cookieOf(request, sessionCookie));
      return { redirect: '/signed-out', cookies: [`${sessionCookie}=; ${attributes}; Max-Age=0`] };
    },
  };

  function signedOut(issuer: oidc.Configuration | undefined): EntranceAnswer {
    const address = issuer?.serverMetadata().end_session_endpoint;
    // The one parameter is of the standard, the other of Cognito.
    const query = new URLSearchParams({ client_id: options.clientId, logout_uri: `${origin}/signed-out` });
    const elsewhere =
      address === undefined
        ? ''
        : html`<p>Whoever confirms who you are may still know you: <a href="${address}?${query}">sign out there too</a>.</p>`;
    const body = html`<p>Your session is over, in every window.</p>${elsewhere}<p><a href="/sign-in">Sign in again</a></p>`;
    return { page: { status: 200, title: 'You have signed out', body } };
  }
}

/** Asked for once, and again where it could not be had. Without TLS only on this machine. */
function openConfiguration({ issuer, clientId }: SignInOptions): () => Promise<oidc.Configuration> {
  const address = new URL(issuer);
  const isHere = address.protocol === 'http:' && address.hostname === '127.0.0.1';
  let opened: Promise<oidc.Configuration> | undefined;
  return () => {
    opened ??= oidc
      .discovery(address, clientId, undefined, oidc.None(), {
        timeout: 5,
        execute: [oidc.enableNonRepudiationChecks, ...(isHere ? [oidc.allowInsecureRequests] : [])],
      })
      .catch((error: unknown) => {
        opened = undefined;
        throw error;
      });
    return opened;
  };
}

async function userInfo(issuer: oidc.Configuration, accessToken: string, subject: string): Promise<Session['claims']> {
  if (issuer.serverMetadata().userinfo_endpoint === undefined) return {};
  return oidc.fetchUserInfo(issuer, accessToken, subject);
}

/** Nobody was there to say yes or no. Whatever else went wrong counts as a no. */
function isUnanswered(error: unknown): boolean {
  const { code, cause, status } = error as { readonly code?: string; readonly cause?: unknown; readonly status?: number };
  const answered = status ?? (cause instanceof Response ? cause.status : undefined);
  if (answered !== undefined) return answered >= 500 || answered === 429;
  return error instanceof TypeError || code === 'OAUTH_TIMEOUT';
}

/** What is kept in the browser while somebody signs in. */
interface Attempt {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  /** Where they wanted to go. */
  readonly to: string;
}

function attemptIn(cookie: string): Attempt | undefined {
  try {
    const { state, nonce, verifier, to } = JSON.parse(Buffer.from(cookie, 'base64url').toString('utf8')) as Partial<Attempt>;
    if (!state || !nonce || !verifier || !isOurs(to ?? '')) return undefined;
    return { state, nonce, verifier, to: to ?? '/' };
  } catch {
    return undefined;
  }
}

/** A path of the console, and no address of anybody else's. */
function isOurs(path: string): boolean {
  return /^\/(?![/\\])[\x20-\x7e]*$/.test(path) && new URL(path, 'http://here').host === 'here';
}

function refused(why: string): EntranceAnswer {
  const body = html`<p>${why}</p><p><a href="/sign-in">Sign in again</a></p>`;
  return { page: { status: 401, title: 'You are not signed in', body } };
}
