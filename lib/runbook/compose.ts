import { plain } from '../alerts/message.ts';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { minute } from '../engine/time.ts';
import { copies, ends } from './circulation.ts';
import { byHand, handOut, knowThatItWorks, leaked, undo } from './handwork.ts';
import { lastProven, now, warnings } from './liveness.ts';
import type { Material } from './material.ts';
import { account, whomToAsk } from './people.ts';
import type { Block, Runbook, Section } from './runbook.ts';

/** Everything that a person needs who has never seen this token, in the order in which they need it. Asks nobody, and holds no value. */
export function composeRunbook(material: Material): Runbook {
  const { entry, rotator } = material;
  const sections: readonly Section[] = [
    section('purpose', 'What it is for', purpose(entry)),
    section('people', 'Whom to ask', whomToAsk(material)),
    section('account', `The account at the provider`, account(material)),
    section('copies', 'Where it is, and who uses it', copies(material)),
    section('ends', 'When it ends, and what happens by itself', ends(material)),
    section('new', 'Make a new one by hand', byHand(material)),
    section('hand-out', 'Put a new one in place without breaking anything', handOut(material)),
    section('works', 'Find out whether it works', knowThatItWorks(material)),
    section('undo', 'Go back', undo(material)),
    section('leaked', 'When somebody has seen it who should not', leaked(material)),
    section('notes', 'Notes of the owner', notes(entry)),
    section('proven', 'When it last worked', lastProven(material)),
  ];
  return harmless({
    token: entry.token.name,
    title: rotator.title,
    now: now(material),
    warnings: warnings(material),
    sections: [...sections, section('read', 'This page', [{ kind: 'text', text: trueAt(material) }])].filter(
      ({ blocks }) => blocks.length > 0,
    ),
  });
}

/** From when what it says is. */
function trueAt({ status, at }: Material): string {
  if (status === undefined) return `It was made of the catalog alone on ${minute(at)}: nobody was asked how the token is.`;
  if (status.state === 'unreadable')
    return `It was made on ${minute(at)}. How the token is could not be asked then; what else it says is from the catalog and the records.`;
  return `It says what was true on ${minute(at)}.`;
}

function section(id: string, title: string, blocks: readonly Block[]): Section {
  return { id, title, blocks };
}

function purpose({ description, stopsWhenItFails }: CatalogEntry): readonly Block[] {
  return [
    { kind: 'text', text: description },
    { kind: 'pairs', rows: [['When it stops working', stopsWhenItFails]] },
  ];
}

/** The owner writes Markdown; of it lists and paragraphs are kept, and whatever else it holds is shown as it was written. */
export function notes({ runbook = '' }: CatalogEntry): readonly Block[] {
  const blocks: Block[] = [];
  for (const paragraph of runbook.split(/\n\s*\n|\n(?=\s*[-*] )/)) {
    const item = /^\s*[-*] ([\s\S]*)$/.exec(paragraph)?.[1];
    const last = blocks.at(-1);
    if (item !== undefined && last?.kind === 'list') blocks[blocks.length - 1] = { kind: 'list', items: [...last.items, item] };
    else if (item !== undefined) blocks.push({ kind: 'list', items: [item] });
    else if (paragraph.trim() !== '') blocks.push({ kind: 'text', text: paragraph });
  }
  return blocks;
}

/** Names and notes come from many hands: nothing in them turns the writing around, speaks to a terminal, or breaks a line. */
function harmless({ token, title, now: sentence, warnings: all, sections }: Runbook): Runbook {
  return {
    token: plain(token),
    title: plain(title),
    now: plain(sentence),
    warnings: all.map(plain),
    sections: sections.map((each) => ({ ...each, title: plain(each.title), blocks: each.blocks.map(harmlessBlock) })),
  };
}

function harmlessBlock(block: Block): Block {
  if (block.kind === 'pairs') return { kind: 'pairs', rows: block.rows.map(([label, text]) => [plain(label), plain(text)]) };
  if (block.kind === 'steps' || block.kind === 'list') return { kind: block.kind, items: block.items.map(plain) };
  return { kind: block.kind, text: plain(block.text) };
}
