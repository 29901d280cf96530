import { type Block, piecesOf, type Runbook } from './runbook.ts';

/** For a terminal, a wiki or a printout. What the texts hold of markup is shown and not obeyed. */
export function runbookMarkdown({ token, title, now, warnings, sections }: Runbook): string {
  return [
    `# ${marked(token)}`,
    `${marked(title)}. **${marked(now)}**`,
    ...warnings.map((warning) => `> **Attention:** ${marked(warning)}`),
    ...sections.flatMap((section) => [`## ${marked(section.title)}`, ...section.blocks.map(blockMarkdown)]),
  ]
    .map((paragraph) => `${paragraph}\n`)
    .join('\n');
}

function blockMarkdown(block: Block): string {
  switch (block.kind) {
    case 'text':
      return marked(block.text);
    case 'unwritten':
      return `*${marked(block.text)}*`;
    case 'steps':
      return block.items.map((item, index) => `${index + 1}. ${marked(item)}`).join('\n');
    case 'list':
      return block.items.map((item) => `- ${marked(item)}`).join('\n');
    case 'pairs':
      return block.rows.map(([label, text]) => `- **${marked(label)}:** ${marked(text)}`).join('\n');
  }
}

/** Whatever Markdown or HTML would obey gets a backslash, and only that, so that it is read well on a terminal too. */
function marked(text: string): string {
  return piecesOf(text)
    .map(({ isTyped, text: piece }) => (isTyped ? `\`${piece}\`` : escaped(piece)))
    .join('');
}

function escaped(text: string): string {
  return text
    .replace(/[\\`*[\]<>|]/g, '\\$&')
    .replace(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replace(/&(?=#|\w+;)/g, '\\&')
    .replace(/^([#+-]|\d+[.)])(?=\s|$)/, '\\$1');
}
