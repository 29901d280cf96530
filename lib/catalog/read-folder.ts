import { type Dirent, promises as disk, type Stats } from 'node:fs';
import { join } from 'node:path';
import { fileProblem, type Problem } from './problem.ts';
import { largestFileBytes, tooLarge } from './read-sheet.ts';
import type { CatalogFile } from './sheet.ts';
import { quote, visible } from './wording.ts';

/** The YAML files of a folder and its sub-folders, in the order of their names. What cannot be read is a problem; nothing is thrown. */
export async function readFolder(
  folder: string,
): Promise<{ readonly files: readonly CatalogFile[]; readonly problems: readonly Problem[] }> {
  const files: CatalogFile[] = [];
  const problems: Problem[] = [];
  await walk('');
  return { files, problems };

  async function walk(within: string): Promise<void> {
    const here = join(folder, within);
    const entries = await disk.readdir(here, { withFileTypes: true }).catch((error: unknown) => {
      problems.push(fileProblem(visible(here), 'folder', folderTrouble(error), 'Give the folder that holds keyturn.yaml.'));
      return [];
    });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) await take(entry, within);
  }

  async function take(entry: Dirent, within: string): Promise<void> {
    if (entry.name.startsWith('.') || entry.name === 'node_modules') return;
    const name = within === '' ? entry.name : `${within}/${entry.name}`;
    const path = join(folder, name);
    const file = visible(path);
    if (entry.isDirectory()) return walk(name);
    if (/\.yml$/i.test(name) || (/\.yaml$/i.test(name) && !name.endsWith('.yaml'))) {
      problems.push(
        fileProblem(file, 'file-name', 'The files of a catalog end in `.yaml`, and this one would be passed over.', 'Rename it.'),
      );
      return;
    }
    if (!name.endsWith('.yaml')) {
      const isFolder = entry.isSymbolicLink() && (await disk.stat(path).catch(() => undefined))?.isDirectory();
      if (isFolder)
        problems.push(fileProblem(file, 'folder', 'Links to folders are not followed.', 'Put the folder itself here.'));
      return;
    }
    const target = await disk.stat(path).catch(() => undefined);
    files.push({ name, file, ...(await contents(path, target)) });
  }
}

async function contents(path: string, target: Stats | undefined): Promise<Pick<CatalogFile, 'bytes' | 'unreadable'>> {
  if (target?.isFile()) {
    if (target.size > largestFileBytes) return { unreadable: tooLarge(target.size) };
    const bytes = await disk.readFile(path).catch(() => undefined);
    if (bytes !== undefined) return { bytes };
  }
  const fix = 'Check that it is a file, and who may read it.';
  return { unreadable: { code: 'folder', message: 'The file cannot be read.', fix } };
}

function folderTrouble(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (code === 'ENOENT') return 'There is no such folder.';
  if (code === 'ENOTDIR') return 'This is a file, and a catalog is a folder.';
  if (code === 'EACCES' || code === 'EPERM') return 'The folder may not be read.';
  return `The folder cannot be read${typeof code === 'string' ? ` (${quote(code)})` : ''}.`;
}
