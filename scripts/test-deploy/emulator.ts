import { mkdirSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { Cleanup } from './cleanup.ts';
import { inherited, Missing, noVersionWarning, run, type Started, start, tail } from './processes.ts';

const here = dirname(fileURLToPath(import.meta.url));

export interface Emulator {
  readonly url: string;
  readonly name: string;
  /** What it has logged so far. */
  log(): string;
}

/** Installs ministack into a virtual environment inside the folder and starts it there. Everything it writes is inside the folder. */
export async function startMinistack(folder: string, cleanup: Cleanup, signal: AbortSignal): Promise<Emulator> {
  const environmentFolder = join(folder, 'venv');
  await install(environmentFolder, folder, signal);
  const own = join(folder, 'ministack');
  mkdirSync(own, { recursive: true, mode: 0o700 });
  const port = await freePort();
  const started = start(join(environmentFolder, 'bin/python'), ['-m', 'ministack'], {
    folder: own,
    environment: {
      // Functions are run by the node that is found first, with all of this environment: nothing of ours belongs there.
      PATH: [dirname(process.execPath), process.env.PATH ?? ''].join(delimiter),
      HOME: own,
      TMPDIR: own,
      BIND_HOST: '127.0.0.1',
      // A name and no number: it makes addresses of it by putting words before it.
      MINISTACK_HOST: 'localhost',
      GATEWAY_PORT: String(port),
      [noVersionWarning]: 'true',
      NODE_OPTIONS: `--require=${join(here, 'mount-layers.cjs')}`,
    },
  });
  cleanup.add('ending the emulator', started.end);
  const url = `http://127.0.0.1:${port}`;
  await untilReady(started, url, signal);
  await assertLoopbackOnly(port);
  return { url, name: `ministack ${await versionOf(environmentFolder, folder, signal)}`, log: started.output };
}

async function install(environmentFolder: string, folder: string, signal: AbortSignal): Promise<void> {
  const environment = inherited(); // Python and pip may have settings and proxies
  const python = process.env.PYTHON ?? 'python3';
  const made = await run(python, ['-m', 'venv', environmentFolder], { folder, environment, signal }).catch((error: Error) => {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Missing(
      `The emulator is a Python program, and ${python} was not found: install Python 3.10 or newer (or name it in PYTHON), or give the endpoint of an emulator of your own with --endpoint.`,
    );
  });
  if (made.status !== 0) {
    throw new Missing(
      `Python could not make a virtual environment; on Debian and Ubuntu the package python3-venv is missing then. It said:\n${tail(made.output, 5)}`,
    );
  }
  const wanted = ['-m', 'pip', 'install', '--disable-pip-version-check', '--no-input', '--quiet', '--retries', '2'];
  const installed = await run(join(environmentFolder, 'bin/python'), [...wanted, '-r', join(here, 'requirements.txt')], {
    folder,
    environment,
    signal,
  });
  if (installed.status !== 0) {
    throw new Missing(
      `pip could not install the emulator (scripts/test-deploy/requirements.txt): is the Python package index reachable from here, and pip set up for it? It said:\n${tail(installed.output, 5)}`,
    );
  }
}

async function versionOf(environmentFolder: string, folder: string, signal: AbortSignal): Promise<string> {
  const code = "from importlib.metadata import version; print(version('ministack'))";
  const { output } = await run(join(environmentFolder, 'bin/python'), ['-c', code], { folder, environment: inherited(), signal });
  return output.trim();
}

async function untilReady(started: Started, url: string, signal: AbortSignal): Promise<void> {
  let isOver = false;
  const over = () => {
    isOver = true;
  };
  started.ended.then(over, over);
  for (let attempt = 0; attempt < 300; attempt += 1) {
    signal.throwIfAborted();
    if (isOver) break;
    const isReady = await fetch(`${url}/_ministack/health`).then(
      ({ ok }) => ok,
      () => false,
    );
    if (isReady) return;
    await setTimeout(200);
  }
  throw new Error(`The emulator did not become ready. It said:\n${tail(started.output())}`);
}

/** It takes anybody's credentials, so nobody but this machine may reach it. */
async function assertLoopbackOnly(port: number): Promise<void> {
  const others = Object.values(networkInterfaces()).flatMap((each) => (each ?? []).filter(({ internal }) => !internal));
  for (const { address, scopeid } of others) {
    const host = scopeid ? `${address}%${scopeid}` : address;
    if (await isOpen(host, port))
      throw new Error(`The emulator listens on ${address} as well, and may only listen on 127.0.0.1.`);
  }
}

function isOpen(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1000 });
    const answer = (is: boolean) => {
      socket.destroy();
      resolve(is);
    };
    socket.once('connect', () => answer(true));
    socket.once('timeout', () => answer(false));
    socket.once('error', () => answer(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
