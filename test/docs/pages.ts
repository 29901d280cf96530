import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../checkout.ts';

/** What a page shows as code: commands to type, or a file, named in its first line. */
export type Block =
  | { readonly kind: 'commands'; readonly lines: readonly string[] }
  | { readonly kind: 'file'; readonly path: string; readonly text: string };

export function textOf(page: string): string {
  return readFileSync(join(root, 'docs', page), 'utf8');
}

/** In the order of the page. Code that is neither is a fault of the page, because nothing would show that it is right. */
export function blocksOf(page: string): readonly Block[] {
  return [...textOf(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, language = '', text = '']): Block[] => {
    if (language === '') return []; // a picture in letters
    if (language === 'sh') return [{ kind: 'commands', lines: text.trim().split('\n') }];
    const [, path] = /^\/\/ (\S+\.[jt]s)\n/.exec(text) ?? [];
    if (path === undefined) throw new Error(`docs/${page}: a block of ${language} does not begin with the name of its file`);
    return [{ kind: 'file', path, text }];
  });
}

export function filesOf(page: string): ReadonlyMap<string, string> {
  return new Map(blocksOf(page).flatMap((block) => (block.kind === 'file' ? [[block.path, block.text] as const] : [])));
}
