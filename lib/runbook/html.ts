import { html } from 'hono/html';
import { type Block, piecesOf, type Runbook } from './runbook.ts';

/** A piece of a page, escaped already. */
export type Markup = ReturnType<typeof html>;

/** The inside of a page, without its title. Every text is shown as it is, and none is obeyed. */
export function runbookHtml({ title, now, warnings, sections }: Runbook): Markup {
  return html`<p class="lead">${title}. ${now}</p>
${warnings.map((warning) => html`<p class="warning"><strong>Attention:</strong> ${textHtml(warning)}</p>\n`)}
<nav aria-label="On this page"><ul>${sections.map(({ id, title: name }) => html`<li><a href="#${id}">${name}</a></li>`)}</ul></nav>
${sections.map(({ id, title: name, blocks }) => html`<section aria-labelledby="${id}"><h2 id="${id}">${name}</h2>\n${blocksHtml(blocks)}</section>\n`)}`;
}

/** Blocks one after the other, for pages that are made of other things besides. */
export function blocksHtml(blocks: readonly Block[]): readonly Markup[] {
  return blocks.map(blockHtml);
}

function blockHtml(block: Block): Markup {
  switch (block.kind) {
    case 'text':
      return html`<p>${textHtml(block.text)}</p>\n`;
    case 'unwritten':
      return html`<p class="unwritten">${textHtml(block.text)}</p>\n`;
    case 'steps':
      return html`<ol>${block.items.map((item) => html`<li>${textHtml(item)}</li>`)}</ol>\n`;
    case 'list':
      return html`<ul>${block.items.map((item) => html`<li>${textHtml(item)}</li>`)}</ul>\n`;
    case 'pairs':
      return html`<dl>${block.rows.map(([label, text]) => html`<dt>${label}</dt><dd>${textHtml(text)}</dd>`)}</dl>\n`;
  }
}

/** A text with what is typed set apart. */
export function textHtml(text: string): readonly (Markup | string)[] {
  return piecesOf(text).map(({ isTyped, text: piece }) => (isTyped ? html`<code>${piece}</code>` : piece));
}
