import { randomBytes } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { Hono } from 'hono';
import type { Registry } from '../engine/open-token.ts';
import type { Installation } from '../operations/installation.ts';
import { Refusal } from '../operations/refusal.ts';
import { createConsole } from './app.ts';
import { cookieOf } from './cookies.ts';
import type { Visitor } from './guard.ts';
import { createSeals, isSame } from './seals.ts';

export interface ServedConsole {
  /** Whoever opens this is let in: it is for the person alone who started it. */
  readonly url: string;
  close(): Promise<void>;
}

/**
 * The console on this machine only, acting with the credentials of whoever started it. Others who are on this machine too are not let in: the
 * address that opens it holds a key, made anew each time, which the browser then keeps as a cookie.
 */
export async function serveConsole(options: {
  readonly installation: Installation;
  readonly registry: Registry;
  readonly who: string;
  readonly port?: number;
}): Promise<ServedConsole> {
  const { installation, registry, who, port = 0 } = options;
  const key = randomBytes(24).toString('base64url');
  let app = new Hono();
  const server = serve({ fetch: (request) => app.fetch(request), hostname: '127.0.0.1', port });
  const { port: actual } = await new Promise<AddressInfo>((resolve, reject) => {
    server.once('listening', () => resolve(server.address() as AddressInfo));
    server.once('error', () =>
      reject(new Refusal(`The port ${port} cannot be had: something else may be there. Name another one with --port.`)),
    );
  });
  const origin = `http://127.0.0.1:${actual}`;
  // Cookies know no ports: each console has a name of its own, so that two may be open.
  const cookie = `keyturn-${actual}`;
  app = new Hono();
  app.get('/open/:key', (context) => {
    if (isSame(context.req.param('key'), key))
      context.header('Set-Cookie', `${cookie}=${key}; Path=/; HttpOnly; SameSite=Strict`);
    context.header('Referrer-Policy', 'no-referrer');
    return context.redirect('/', 303);
  });
  // The person at the machine acts with their own credentials of AWS: what they may do is decided there.
  const visitor: Visitor = { who, role: 'admin', seals: createSeals(randomBytes(32)), isSignedIn: false };
  const pages = createConsole({
    installation,
    registry,
    origin,
    entrance: {
      identify: async (request) => (isSame(cookieOf(request, cookie), key) ? visitor : undefined),
      answer: async () => undefined,
      howToGetIn: 'Open the address that the terminal shows: it holds the key.',
    },
  });
  // Handed on whole: pages that are not there and errors are answered by the console too.
  app.all('*', (context) => pages.fetch(context.req.raw));
  return {
    url: `${origin}/open/${key}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        if ('closeAllConnections' in server) server.closeAllConnections();
      }),
  };
}
