import { spawn } from 'node:child_process';
import { setTimeout } from 'node:timers/promises';

/** Set to `true`, it keeps the SDK from printing what Node it will need one day. */
export const noVersionWarning = 'AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED';

/** What has to be there before anything can be tried. */
export class Missing extends Error {}

export interface Finished {
  readonly status: number | null;
  /** Both streams, as they came. */
  readonly output: string;
}

interface Options {
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface Started {
  readonly ended: Promise<Finished>;
  output(): string;
  /** Ends it and whatever it has started. Resolves when it has gone. */
  end(): Promise<void>;
}

/** Starts a program in a process group of its own, so that it can be ended with all that it starts, and not before we say so. */
export function start(command: string, argumentsGiven: readonly string[], { folder, environment }: Options): Started {
  const child = spawn(command, argumentsGiven, {
    cwd: folder,
    env: environment,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (chunk: string) => chunks.push(chunk));
  const output = () => chunks.join('');
  const ended = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ status, output: output() }));
  });
  ended.catch(() => {}); // told to whoever waits for it

  const signalGroup = (signal: NodeJS.Signals | 0): boolean => {
    try {
      return child.pid !== undefined && process.kill(-child.pid, signal);
    } catch {
      return false; // nobody of the group is left
    }
  };
  return {
    ended,
    output,
    async end() {
      signalGroup('SIGTERM');
      for (let waited = 0; waited < 20 && signalGroup(0); waited += 1) await setTimeout(100);
      if (signalGroup(0)) signalGroup('SIGKILL');
      await ended.catch(() => {});
    },
  };
}

/** Runs a program to its end, or ends it when the signal comes. */
export async function run(
  command: string,
  argumentsGiven: readonly string[],
  options: Options & { readonly signal: AbortSignal },
): Promise<Finished> {
  options.signal.throwIfAborted();
  const started = start(command, argumentsGiven, options);
  const onAbort = () => void started.end();
  options.signal.addEventListener('abort', onAbort, { once: true });
  try {
    const finished = await started.ended;
    options.signal.throwIfAborted();
    return finished;
  } finally {
    options.signal.removeEventListener('abort', onAbort);
  }
}

/** The end of what a program printed, for whoever has to find out why it failed. */
export function tail(output: string, lines = 25): string {
  return output.trimEnd().split('\n').slice(-lines).join('\n');
}

/** This program's own environment. */
export function inherited(): Record<string, string> {
  return Object.fromEntries(Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
