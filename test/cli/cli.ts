import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const shim = fileURLToPath(new URL('../../bin/keyturn.cjs', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line as a person does, in a process of its own. */
export function keyturn(
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  input?: string,
): Promise<Run> & {
  kill(signal: NodeJS.Signals): void;
  /** Waits until it has printed this text; everything that it has printed by then. */
  says(text: string): Promise<string>;
} {
  const child = spawn(process.execPath, [shim, ...args], {
    env: { ...process.env, NO_COLOR: '1', ...environment },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  });
  child.stdin?.end(input);
  let out = '';
  let err = '';
  child.stdout?.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr?.on('data', (chunk) => {
    err += chunk;
  });
  const run = new Promise<Run>((resolve) => child.on('close', (code) => resolve({ code, out, err })));
  const says = (text: string) =>
    new Promise<string>((resolve, reject) => {
      const look = () => out.includes(text) && resolve(out);
      child.stdout?.on('data', look);
      child.on('close', () => reject(new Error('it ended before it said that')));
      look();
    });
  return Object.assign(run, { kill: (signal: NodeJS.Signals) => void child.kill(signal), says });
}
