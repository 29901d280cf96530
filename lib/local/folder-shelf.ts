import { linkSync, mkdirSync, readdirSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import * as z from 'zod';
import type { Item, Shelf } from '../history/shelf.ts';
import { fileNameFor, readJson, writeAside, writeJson } from './files.ts';

/**
 * A shelf that is a folder: one file an item, so that two processes never write over each other's work, each written aside and renamed. The
 * names of the files tell nothing. Nothing expires here.
 */
export function openFolderShelf(folder: string): Shelf {
  const of = (partition: string) => join(folder, fileNameFor(partition));
  const fileOf = (partition: string, key: string) => join(of(partition), `${fileNameFor(key)}.json`);

  function all(partition: string): readonly Item[] {
    return namesIn(of(partition))
      .flatMap((name) => readItem(join(of(partition), name)) ?? [])
      .sort((one, other) => (one.key < other.key ? -1 : 1));
  }

  return {
    list: async (partition, keyPrefix = '') => all(partition).filter(({ key }) => key.startsWith(keyPrefix)),
    newest: async (partition, most) =>
      all(partition)
        .filter(({ at }) => at !== undefined)
        .sort((one, other) => (other.at ?? 0) - (one.at ?? 0))
        .slice(0, most),
    read: async (partition, key) => readItem(fileOf(partition, key)),
    async put(item, expected) {
      const file = fileOf(item.partition, item.key);
      if (expected === 'nothing') return writeNew(file, item);
      if (expected !== undefined) return whereRevision(file, expected.revision, () => writeJson(file, item));
      writeJson(file, item);
      return true;
    },
    async remove(partition, key, expected) {
      const file = fileOf(partition, key);
      if (expected !== undefined) return whereRevision(file, expected.revision, () => rmSync(file));
      rmSync(file, { force: true });
      return true;
    },
  };
}

const stored = z.object({
  partition: z.string(),
  key: z.string(),
  content: z.unknown(),
  at: z.number().optional(),
  revision: z.number().optional(),
});

function readItem(file: string): Item | undefined {
  const parsed = stored.safeParse(readJson(file));
  return parsed.success ? parsed.data : undefined;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return []; // nothing has been put there yet
  }
}

/** A second name for a file that is written already comes into being whole, and only where there is none. */
function writeNew(file: string, item: Item): boolean {
  const aside = writeAside(file, item);
  try {
    linkSync(aside, file);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  } finally {
    rmSync(aside);
  }
}

/** Acts where a file has this revision, while nobody else compares it. */
async function whereRevision(file: string, revision: number, act: () => void): Promise<boolean> {
  const lock = `${file}.lock`;
  await take(lock);
  try {
    if (readItem(file)?.revision !== revision) return false;
    act();
    return true;
  } finally {
    rmdirSync(lock);
  }
}

/** What happens under a lock takes no longer than a few files: an older one is of a process that has died. */
const longestMilliseconds = 5000;

async function take(lock: string): Promise<void> {
  mkdirSync(dirname(lock), { recursive: true, mode: 0o700 });
  for (;;) {
    try {
      mkdirSync(lock);
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const takenAt = statSync(lock, { throwIfNoEntry: false })?.mtimeMs;
    if (takenAt !== undefined && Date.now() - takenAt > longestMilliseconds) breakLock(lock);
    await setTimeout(5);
  }
}

function breakLock(lock: string): void {
  try {
    rmdirSync(lock);
  } catch {
    // Another process was faster.
  }
}
