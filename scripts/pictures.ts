/** Makes the README's picture from the running product: plays the tour and draws what it printed. `npm run pictures`. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const lineHeight = 19;
const characterWidth = 8.2;
const escapeCode = '\u001b';

const run = spawnSync(process.execPath, [join(root, 'bin/keyturn.cjs'), 'local', '--tour'], {
  encoding: 'utf8',
  env: { ...process.env, FORCE_COLOR: '1', NO_COLOR: undefined },
});
if (run.status !== 0) throw new Error(`the tour did not hold: ${run.stderr}`);
/** One rotation from its beginning to its end: the whole tour is too long for a picture. */
const shown = [
  'The token changes hands',
  'Old and new live side by side',
  'The old token is ended, on evidence',
  'The consumer made',
];
const mostColumns = 118;
const scenes = run.stdout.trimEnd().split('\n\n');
const chosen = shown.map((title) => {
  const scene = scenes.find((each) => each.includes(title));
  if (scene === undefined) throw new Error(`the tour has no scene "${title}" any more`);
  return scene;
});
const lines = ['$ npm start', '', ...chosen.join('\n\n').split('\n')];
mkdirSync(join(root, 'docs/pictures'), { recursive: true });
writeFileSync(join(root, 'docs/pictures/tour.svg'), draw(lines));

function draw(drawn: readonly string[]): string {
  const rowsOfSpans = drawn.map((line) => cut(spansOf(line)));
  const columns = Math.max(...rowsOfSpans.map((spans) => spans.reduce((sum, { text }) => sum + text.length, 0)));
  const width = Math.ceil(columns * characterWidth) + 40;
  const height = drawn.length * lineHeight + 40;
  const rows = rowsOfSpans.map((line, row) => {
    const spans = line.map(({ text, style }) => `<tspan${style}>${escaped(text)}</tspan>`);
    return `<text x="20" y="${row * lineHeight + 34}" xml:space="preserve">${spans.join('')}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" role="img" aria-label="A rotation in the terminal">
<rect width="100%" height="100%" rx="8" fill="#16181d"/>
<g font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="13.6" fill="#d7dae0">
${rows.join('\n')}
</g>
</svg>
`;
}

interface Span {
  readonly text: string;
  readonly style: string;
}

/** A line that is longer than a picture is wide ends in an ellipsis. */
function cut(spans: readonly Span[]): readonly Span[] {
  let left = mostColumns;
  return spans.flatMap(({ text, style }) => {
    if (left <= 0) return [];
    const fits = text.length <= left ? text : `${text.slice(0, left - 1)}…`;
    left -= text.length;
    return [{ text: fits, style }];
  });
}

/** The few styles that the story uses. */
function spansOf(line: string): readonly Span[] {
  const styles: Readonly<Record<string, string>> = {
    '1': ' font-weight="bold" fill="#ffffff"',
    '2': ' fill="#8a919e"',
    '31': ' fill="#ff7b72"',
    '32': ' fill="#56d364"',
    '36': ' fill="#76e3ea"',
  };
  let style = '';
  return line.split(new RegExp(`(${escapeCode}\\[[\\d;]*m)`)).flatMap((part) => {
    const [, code] = new RegExp(`^${escapeCode}\\[([\\d;]*)m$`).exec(part) ?? [];
    if (code === undefined) return part === '' ? [] : [{ text: part, style }];
    style = styles[code] ?? '';
    return [];
  });
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
