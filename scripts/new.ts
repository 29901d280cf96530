/** Writes the three files of a new plug-in, for somebody to fill in: `npm run new -- rotator <name>`, or `dependent <name>`. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { camel } from './generate.ts';

const scripts = dirname(fileURLToPath(import.meta.url));
const longestName = 40;
/** What an export cannot be called. */
const reserved =
  'arguments await break case catch class const continue debugger default delete do else enum eval export extends false finally for ' +
  'function if implements import in instanceof interface let new null package private protected public return static super switch ' +
  'this throw true try typeof undefined var void while with yield';

/** Writes the files below the root and answers in which folder, or says why not. */
export function scaffold(root: string, sort = '', name = ''): { readonly folder: string } | { readonly refused: string } {
  if (!['rotator', 'dependent'].includes(sort) || name === '')
    return { refused: 'Say what to write: `npm run new -- rotator <name>` or `npm run new -- dependent <name>`.' };
  const template = join(scripts, `template-${sort}`);
  const fault = faultIn(name, readFileSync(join(template, 'index.ts'), 'utf8'));
  if (fault !== undefined) return { refused: `\`${name}\` ${fault}` };
  const folder = `${sort}s/${name}`;
  if (existsSync(join(root, folder)))
    return { refused: `${folder} is there already, and nothing was written: choose another name.` };

  mkdirSync(join(root, folder), { recursive: true });
  for (const file of readdirSync(template)) {
    const text = readFileSync(join(template, file), 'utf8');
    writeFileSync(join(root, folder, file), text.replaceAll('made-up', name).replaceAll('madeUp', camel(name)));
  }
  return { folder };
}

function faultIn(name: string, template: string): string | undefined {
  if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name))
    return 'must be lower case letters, digits and single hyphens, and begin with a letter.';
  if (name.length > longestName) return `has more than ${longestName} characters.`;
  const used = template.match(/(?<=^(?:const|function) )\w+|(?<=^import .*)\b[a-zA-Z]\w*\b(?=.* from )/gm) ?? [];
  if (![...reserved.split(' '), ...used].includes(camel(name))) return undefined;
  return `would be exported as \`${camel(name)}\`, which means something else already: choose another name.`;
}

function main([sort, name]: readonly string[]): void {
  const outcome = scaffold(join(scripts, '..'), sort, name);
  if ('refused' in outcome) {
    process.stderr.write(`${outcome.refused}\n`);
    process.exitCode = 1;
    return;
  }
  process.stdout.write(`Wrote ${outcome.folder}: facts.ts, index.ts and fake.ts. They say what is missing; what they say is all true.

Next:
  1. Read docs/adding-a-${sort}.md: an example, the contract, the rules.
  2. npm run generate        makes it known; again after every change to its facts or schemas
  3. npx vitest run test/conformance -t '${sort} ${name}'        fails until it is written
  4. npm run check
`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main(process.argv.slice(2));
