import { exec, execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

export interface Run {
  readonly code: number;
  /** Standard output and error, as they came. */
  readonly out: string;
}

/** A copy of this checkout, with all that is not ignored, in which everything may be tried. */
export interface Checkout {
  readonly folder: string;
  /** Runs what a person would type. */
  run(command: string): Promise<Run>;
  /** The text of every file but those of dependencies, by path. */
  files(): ReadonlyMap<string, string>;
  remove(): void;
}

export function copyCheckout(): Checkout {
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-checkout-'));
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  for (const file of listed.split('\0').filter((each) => each !== '' && existsSync(join(root, each)))) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  const isDependency = (name: string) => name === '.bin' || !name.startsWith('.'); // the others are what tools keep there
  linkModules(join(folder, 'node_modules'), readdirSync(join(root, 'node_modules')).filter(isDependency));
  return {
    folder,
    run: (command) => run(command, folder),
    files: () => filesIn(folder, ['node_modules']),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** A folder of its own, so that what tools keep there stays out of ours; what is in it is ours. */
export function linkModules(into: string, names: readonly string[]): void {
  for (const name of names) {
    if (!existsSync(join(root, 'node_modules', name))) continue; // for another platform
    mkdirSync(dirname(join(into, name)), { recursive: true });
    symlinkSync(join(root, 'node_modules', name), join(into, name));
  }
}

export function run(command: string, cwd: string): Promise<Run> {
  const { PATH, HOME } = process.env; // and nothing of the test runner's, which would make another one believe that it is inside
  const env = { PATH, HOME, NO_COLOR: '1', npm_config_update_notifier: 'false', npm_config_loglevel: 'error' };
  return new Promise((resolve) => {
    exec(command, { cwd, env, maxBuffer: 64 * 1024 * 1024 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : (error.code ?? 1), out: `${out}${err}` });
    });
  });
}

export function filesIn(folder: string, without: readonly string[] = []): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const walk = (path: string) => {
    for (const entry of readdirSync(join(folder, path), { withFileTypes: true })) {
      const here = path === '' ? entry.name : `${path}/${entry.name}`;
      if (without.includes(here)) continue;
      if (entry.isDirectory()) walk(here);
      else files.set(here, readFileSync(join(folder, here), 'utf8'));
    }
  };
  walk('');
  return files;
}
