import { createHash, randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/** Written aside and renamed, so that a reader sees the old or the new and never half of it. */
export function writeJson(file: string, content: unknown): void {
  renameSync(writeAside(file, content), file);
}

/** Writes what is to become a file beside it, and answers where. */
export function writeAside(file: string, content: unknown): string {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const aside = `${file}.${randomUUID()}.tmp`;
  writeFileSync(aside, JSON.stringify(content), { mode: 0o600 });
  return aside;
}

/** Undefined where there is no such file. */
export function readJson(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch {
    // The parser's message would show what is in it.
    throw new Error(`The file ${file} is damaged: move it away to start without what it says.`);
  }
}

/** A file name for any text, telling nothing of it. */
export function fileNameFor(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('hex').slice(0, 32);
}

/** Makes a folder that only we can look into, or says in one sentence why it cannot be. */
export function makeFolder(folder: string): void {
  try {
    makeAll(resolve(folder));
    writeFileSync(join(folder, '.probe'), '');
    rmSync(join(folder, '.probe'));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
    throw new Error(`The folder ${folder} cannot be written (${code}): choose another with --state, or make this one writable.`);
  }
}

// Not `recursive`, which never ends below a folder that takes none, such as /proc.
function makeAll(folder: string): void {
  if (existsSync(folder)) return;
  makeAll(dirname(folder));
  mkdirSync(folder, { mode: 0o700 });
}
