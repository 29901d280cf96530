import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureUser, startVerdaccio } from '../../lib/local/verdaccio.ts';
import type { Given } from './open.ts';
import { startRabbitmq } from './rabbitmq.ts';

/** A real service on 127.0.0.1, and what a rotator needs to be held against it. */
export interface Service extends Given {
  readonly title: string;
  close(): Promise<void>;
}

/** By rotator: the service that can be started here. */
export const services: Readonly<Record<string, (signal: AbortSignal) => Promise<Service>>> = {
  'npm-registry': startRegistry,
  'oauth-client': startAuthorizationServer,
  'rabbitmq-user': startRabbitmq,
};

async function startRegistry(): Promise<Service> {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-live-'));
  const [user, password] = ['live-check', randomBytes(16).toString('hex')];
  const verdaccio = await startVerdaccio({ folder, clockFile: join(folder, 'clock.json') });
  await ensureUser(verdaccio.url, user, password);
  return {
    title: 'Verdaccio',
    scope: { registryUrl: verdaccio.url, user },
    authority: { user, password },
    async close() {
      verdaccio.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startAuthorizationServer(): Promise<Service> {
  const initialAccessToken = randomBytes(24).toString('base64url');
  const script = fileURLToPath(new URL('./oidc-process.mjs', import.meta.url));
  const child = fork(script, [JSON.stringify({ initialAccessToken })], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  const { url } = await new Promise<{ readonly url?: string }>((resolve) => {
    child.once('message', (message) => resolve(message as { url: string }));
    child.once('exit', () => resolve({}));
  });
  if (url === undefined) {
    child.kill();
    throw new Error('oidc-provider could not be started: run `npm ci`.');
  }
  return {
    title: 'oidc-provider',
    scope: { registrationUrl: `${url}/reg`, tokenUrl: `${url}/token`, clientName: 'live-check' },
    authority: { value: initialAccessToken },
    close: async () => void child.kill('SIGKILL'),
  };
}
