import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { freePort } from './free-port.ts';
import type { Service } from './services.ts';

/** Where packages put the script that does not change the user. */
const places = ['/usr/lib/rabbitmq/bin/rabbitmq-server', '/opt/homebrew/sbin/rabbitmq-server', '/usr/local/sbin/rabbitmq-server'];
const startSeconds = 90;

/** A broker of its own on free ports of 127.0.0.1, with its state in a folder that goes with it. */
export async function startRabbitmq(signal: AbortSignal): Promise<Service> {
  const script = places.find((place) => existsSync(place));
  if (script === undefined) {
    throw new Error(
      'RabbitMQ is not installed. On Debian and Ubuntu: `sudo apt-get install --no-install-recommends rabbitmq-server`; the service that the package may start is not used and may be stopped.',
    );
  }
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-live-'));
  const [amqp, management, distribution, mapper] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
  const [user, password] = ['live-check-administrator', randomBytes(16).toString('hex')];
  writeFileSync(join(folder, 'enabled_plugins'), '[rabbitmq_management].\n');
  writeFileSync(
    join(folder, 'rabbitmq.conf'),
    `listeners.tcp.1 = 127.0.0.1:${amqp}
management.tcp.ip = 127.0.0.1
management.tcp.port = ${management}
default_user = ${user}
default_pass = ${password}
`,
    { mode: 0o600 },
  );
  const environment = {
    PATH: process.env.PATH,
    HOME: folder,
    RABBITMQ_MNESIA_BASE: join(folder, 'data'),
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'enabled_plugins'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_NODENAME: 'keyturn-live@localhost',
    RABBITMQ_DIST_PORT: String(distribution),
    // Else what Erlang's nodes speak to each other through is open to the whole network.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: '-kernel inet_dist_use_interface {127,0,0,1}',
    ERL_EPMD_ADDRESS: '127.0.0.1',
    ERL_EPMD_PORT: String(mapper),
  };
  const child = spawn(script, [], { env: environment, stdio: 'ignore', detached: true });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const close = async () => {
    signalGroup(child, 'SIGTERM');
    await Promise.race([ended, setTimeout(20_000, undefined, { ref: false })]);
    signalGroup(child, 'SIGKILL');
    // Erlang leaves a daemon behind that maps its ports; this one is ours alone.
    await promisify(execFile)('epmd', ['-port', String(mapper), '-kill']).catch(() => {});
    rmSync(folder, { recursive: true, force: true });
  };

  const managementUrl = `http://127.0.0.1:${management}`;
  if (!(await answersIn(startSeconds, managementUrl, () => signal.aborted || child.exitCode !== null))) {
    await close();
    throw new Error(signal.aborted ? 'It was stopped.' : `RabbitMQ ended, or did not answer within ${startSeconds} s.`);
  }
  return {
    title: 'RabbitMQ',
    scope: { managementUrl, user: 'live-check', permissions: { configure: '', write: '^invoices$', read: '' } },
    authority: { user, password },
    close,
  };
}

async function answersIn(seconds: number, url: string, isOver: () => boolean): Promise<boolean> {
  for (let tries = 0; tries < seconds * 2 && !isOver(); tries += 1) {
    const answer = await fetch(`${url}/api/whoami`).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer?.status === 401) return true;
    await setTimeout(500);
  }
  return false;
}

/** The script and all that it began. */
function signalGroup({ pid, exitCode, signalCode }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid !== undefined && exitCode === null && signalCode === null) process.kill(-pid, signal);
}
