// Goal: whoever follows a page to the letter ends with a plug-in that holds, in three files and with no edit elsewhere.
// Method: in a copy of this checkout every command of the page is typed and every file of it written, in the order of the page.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { type Checkout, copyCheckout, root } from '../checkout.ts';
import { blocksOf, filesOf, textOf } from './pages.ts';

const pages = [
  { page: 'adding-a-rotator.md', sort: 'rotator', name: 'beacon', leastChecks: 50 },
  { page: 'adding-a-dependent.md', sort: 'dependent', name: 'mooring', leastChecks: 30 },
];

let checkout: Checkout | undefined;
afterEach(() => checkout?.remove());

for (const { page, sort, name, leastChecks } of pages)
  describe(`docs/${page}`, () => {
    it('gives who follows it a plug-in that passes everything, in three files', { timeout: 180_000 }, async () => {
      const copy = copyCheckout();
      checkout = copy;
      const before = copy.files();
      const folder = `${sort}s/${name}`;
      let suite = '';

      for (const block of blocksOf(page)) {
        if (block.kind === 'file' && block.path.endsWith('.ts')) write(join(copy.folder, block.path), block.text);
        if (block.kind === 'file') continue;
        for (const command of block.lines) {
          const { code, out } = await copy.run(command);
          expect(code, `${command}\n${out}`).toBe(0);
          if (command.includes('vitest')) suite = out;
        }
      }

      const [, passed] = /^(\d+) passed, 0 failed$/m.exec(suite) ?? [];
      expect(Number(passed)).toBeGreaterThanOrEqual(leastChecks);
      const changed = [...copy.files()].filter(([path, text]) => before.get(path) !== text).map(([path]) => path);
      expect(changed.sort()).toEqual(
        [
          ...['facts.ts', 'fake.ts', 'index.ts'].map((file) => `${folder}/${file}`),
          // and what `npm run generate` makes of them
          'README.md',
          'catalog/schema/token.schema.json',
          `docs/${folder}.md`,
          `${sort}s/registry.generated.ts`,
        ].sort(),
      );
    });

    it('shows the members in the order in which `npm run new` writes them', () => {
      for (const [path, text] of filesOf(page)) {
        if (!path.startsWith(`${sort}s/`)) continue;
        const template = membersIn(readFileSync(join(root, `scripts/template-${sort}`, path.split('/').at(-1) ?? ''), 'utf8'));
        const shown = membersIn(text);
        expect(shown.length, path).toBeGreaterThan(5);
        expect(
          template.filter((member) => shown.includes(member)),
          path,
        ).toEqual(shown);
      }
    });

    it('names only commands and files that there are', () => {
      const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };
      for (const [, script = ''] of textOf(page).matchAll(/npm run ([a-z:-]+)/g)) expect(scripts).toHaveProperty(script);
      for (const [, folder = ''] of textOf(page).matchAll(/npx vitest run (\S+?)['`\s]/g))
        expect(existsSync(join(root, folder)), folder).toBe(true);
    });
  });

/** Of the object that the file exports: what is set in by two. A fake keeps its own in a deeper one. */
function membersIn(text: string): readonly string[] {
  const indent = text.includes('const self = {') ? 4 : 2;
  const own = text.slice(text.search(/^ *(?:export const \w+.*|const self) = \{$/m));
  const end = own.search(new RegExp(`^ {${indent - 2}}\\}`, 'm'));
  return [...own.slice(0, end).matchAll(new RegExp(`^ {${indent}}(?:async )?(\\w+)(?=[,:(])`, 'gm'))].map(
    ([, member = '']) => member,
  );
}

function write(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
