import { fork } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface Verdaccio {
  readonly url: string;
  close(): void;
}

const script = fileURLToPath(new URL('./verdaccio-process.mjs', import.meta.url));

/** Starts a real Verdaccio on a free loopback port. Its storage lives in the folder. */
export async function startVerdaccio({ folder, clockFile }: { folder: string; clockFile: string }): Promise<Verdaccio> {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const config = join(folder, 'config.yaml');
  writeFileSync(config, settings(folder), { mode: 0o600 });
  const child = fork(script, [JSON.stringify({ config, clockFile })], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
    env: childEnvironment(),
  });
  const started = await new Promise<{ port?: number; missing?: boolean; failed?: string }>((resolve) => {
    child.once('message', (message) => resolve(message as { port: number }));
    child.once('exit', (code) => resolve({ failed: `it ended with ${code}` }));
  });
  if (started.port === undefined) {
    child.kill();
    const why = started.missing
      ? 'the package verdaccio is not installed: the story is played in a clone of the repository, after `npm ci`'
      : `it could not be started (${started.failed})`;
    throw new Error(`Verdaccio: ${why}.`);
  }
  return { url: `http://127.0.0.1:${started.port}`, close: () => void child.kill('SIGKILL') };
}

/** Makes the user, who may be there already after a restart. */
export async function ensureUser(url: string, user: string, password: string): Promise<void> {
  const answer = await fetch(`${url}/-/user/org.couchdb.user:${user}`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ name: user, password }),
  });
  // 201 is also the answer to a user who is there with this password, and 409 to one who is not signed in.
  if (answer.status === 201 || answer.status === 409) return;
  throw new Error(`Verdaccio: the user could not be made (${answer.status}).`);
}

function settings(folder: string): string {
  return `storage: ${join(folder, 'storage')}
auth:
  htpasswd:
    file: ${join(folder, 'htpasswd')}
    max_users: 10
security:
  api:
    jwt:
      sign:
        expiresIn: 90d
userRateLimit:
  windowMs: 1000
  max: 10000
packages:
  '**':
    access: $all
    publish: $authenticated
log: { type: stdout, format: json, level: fatal }
`;
}

/** Only what a Node program needs: nothing of the visitor's own settings for npm reaches it. */
function childEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, TMPDIR } = process.env;
  return Object.fromEntries(
    Object.entries({ PATH, HOME, TMPDIR, NODE_ENV: 'production' }).filter(([, value]) => value !== undefined),
  );
}
