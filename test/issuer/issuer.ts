import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Somebody whom the issuer knows, with what it says of them. */
export interface Account {
  readonly sub: string;
  readonly [claim: string]: unknown;
}

/** A real issuer of OpenID Connect on 127.0.0.1, with one public client: `console`. */
export interface Issuer {
  readonly url: string;
  put(account: Account): Promise<void>;
  remove(sub: string): Promise<void>;
  /** Whoever signs in from now on is this one. */
  signsIn(sub: string): Promise<void>;
  /** It breaks off every connection, or no longer. */
  beSilent(isSilent: boolean): Promise<void>;
  close(): void;
}

export async function startIssuer(origin: string): Promise<Issuer> {
  const script = fileURLToPath(new URL('./process.mjs', import.meta.url));
  const child = fork(script, [JSON.stringify({ redirectUri: `${origin}/signed-in` })], {
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    execArgv: [],
  });
  const { url } = await new Promise<{ url: string }>((resolve, reject) => {
    child.once('message', (message) => resolve(message as { url: string }));
    child.once('exit', () => reject(new Error('oidc-provider could not be started: run `npm ci`.')));
  });
  const tell = (message: object) =>
    new Promise<void>((resolve) => {
      child.once('message', () => resolve());
      child.send(message);
    });
  return {
    url,
    put: (account) => tell({ account }),
    remove: (removed) => tell({ removed }),
    signsIn: (signsIn) => tell({ signsIn }),
    beSilent: (silent) => tell({ silent }),
    close: () => void child.kill('SIGKILL'),
  };
}
