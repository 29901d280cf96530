import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import type { Service } from './services.ts';

const run = promisify(execFile);
const version = '6.6.0';
const startSeconds = 120;

/** Unleash with a database of its own, both on free ports of 127.0.0.1, in a folder that goes with them. Fetches Unleash from npm. */
export async function startUnleash(signal: AbortSignal, say: (line: string) => void): Promise<Service> {
  const binaries = databaseBinaries();
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-live-'));
  const [databasePort, port] = await Promise.all([freePort(), freePort()]);
  const value = `*:*.${randomBytes(28).toString('hex')}`;
  let server: ChildProcess | undefined;
  const asOwner = ownerOf(folder);
  const data = join(folder, 'database');
  const close = async () => {
    server?.kill('SIGKILL');
    await asOwner(join(binaries, 'pg_ctl'), ['-D', data, '-m', 'immediate', 'stop']).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    say(`Unleash ${version} is fetched`);
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
    await run('npm', ['install', `unleash-server@${version}`, '--no-audit', '--no-fund', '--ignore-scripts'], { cwd: folder });
    say('its database is made');
    await asOwner(join(binaries, 'initdb'), ['-D', data, '-A', 'trust', '-U', 'unleash']);
    const settings = `-c listen_addresses=127.0.0.1 -p ${databasePort} -k ${folder}`;
    await asOwner(join(binaries, 'pg_ctl'), ['-D', data, '-o', settings, '-l', join(folder, 'database.log'), '-w', 'start']);
    writeFileSync(join(folder, 'start.cjs'), startScript(databasePort, port, value), { mode: 0o600 });
    server = spawn(process.execPath, ['start.cjs'], { cwd: folder, stdio: 'ignore' });
    const url = `http://127.0.0.1:${port}`;
    const isOver = () => signal.aborted || server?.exitCode !== null;
    for (let tries = 0; tries < startSeconds * 2 && !isOver(); tries += 1) {
      const answer = await fetch(`${url}/health`).catch(() => undefined);
      await answer?.body?.cancel();
      if (answer?.status === 200) return { title: 'Unleash', scope: { url }, authority: { value }, close };
      await setTimeout(500);
    }
    throw new Error(signal.aborted ? 'It was stopped.' : `Unleash ended, or did not answer within ${startSeconds} s.`);
  } catch (error) {
    await close();
    throw error;
  }
}

function databaseBinaries(): string {
  const places = ['/usr/lib/postgresql', '/opt/homebrew/opt', '/usr/local/opt'].filter((place) => existsSync(place));
  const folders = places.flatMap((place) => readdirSync(place).map((name) => join(place, name, 'bin')));
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'pg_ctl')));
  if (found !== undefined) return found;
  throw new Error(
    'PostgreSQL is not installed. On Debian and Ubuntu: `sudo apt-get install --no-install-recommends postgresql`.',
  );
}

/** A database refuses to run as root: then it runs as the user that its package has made. */
function ownerOf(folder: string): (program: string, parameters: readonly string[]) => Promise<unknown> {
  if (process.getuid?.() !== 0) return (program, parameters) => run(program, [...parameters], { cwd: folder });
  chmodSync(folder, 0o777); // for the time of this run, and with nothing in it that is worth anything
  return (program, parameters) =>
    run('setpriv', ['--reuid=postgres', '--regid=postgres', '--clear-groups', program, ...parameters], { cwd: folder });
}

function startScript(databasePort: number, port: number, secret: string): string {
  const options = {
    db: { user: 'unleash', password: 'none', host: '127.0.0.1', port: databasePort, database: 'postgres', ssl: false },
    server: { host: '127.0.0.1', port },
    logLevel: 'fatal',
    authentication: {
      type: 'open-source',
      initApiTokens: [{ projects: ['*'], environment: '*', secret, type: 'admin', username: 'keyturn' }],
    },
    versionCheck: { enable: false },
    telemetry: false,
  };
  return `require('unleash-server').start(${JSON.stringify(options)});\n`;
}
