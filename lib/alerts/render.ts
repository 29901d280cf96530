import type { Message } from './message.ts';

/** SNS takes fewer than 100 ASCII characters, and no line break. */
const longestSubject = 99;
/** Slack takes 150 characters in a header, 3000 in a section and 50 blocks. */
const slack = { header: 150, section: 3000, blocks: 50 } as const;

export interface Mail {
  readonly subject: string;
  readonly text: string;
}

/** For SNS, whose subjects are short and ASCII. */
export function asMail({ subject, sections, runbook }: Message): Mail {
  const body = sections.map(({ title, lines }) => `${title}\n${lines.map((line) => `- ${line}`).join('\n')}`);
  const link = runbook === undefined ? [] : [`Runbook: ${runbook}`];
  return { subject: shortened(ascii(subject), longestSubject, '...'), text: `${[...body, ...link].join('\n\n')}\n` };
}

/** The body for an incoming webhook of Slack. No text in it is read as markup, and nobody is called by it. */
export function asSlack({ subject, sections, runbook }: Message): object {
  const text = (said: string, most: number) => ({ type: 'plain_text', text: shortened(escaped(said), most, '…'), emoji: false });
  const blocks = [
    { type: 'header', text: text(subject, slack.header) },
    ...sections.map(({ title, lines }) => ({
      type: 'section',
      text: text([`${title}:`, ...lines.map((line) => `• ${line}`)].join('\n'), slack.section),
    })),
    ...(runbook === undefined ? [] : [link(runbook)]),
  ];
  return {
    text: shortened(escaped(subject), slack.section, '…'),
    mrkdwn: false,
    parse: 'none',
    link_names: false,
    unfurl_links: false,
    unfurl_media: false,
    blocks: blocks.slice(0, slack.blocks),
  };
}

/** The only markup of ours. Not a button: that would ask whoever made the webhook to answer the press. */
function link(address: string): object {
  const safe = escaped(address.replaceAll('|', '%7C').replaceAll('<', '%3C').replaceAll('>', '%3E'));
  return { type: 'section', text: { type: 'mrkdwn', text: `<${safe}|Runbook>`, verbatim: true } };
}

/** Slack's three: they begin references, and calls to everybody. */
function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Letters without their accents, and a question mark for what has no ASCII. */
function ascii(text: string): string {
  return text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/…/g, '...')
    .replace(/[^\x20-\x7e]/g, '?');
}

/** Never cuts a character or an escape in two. */
function shortened(text: string, most: number, end: string): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most - end.length).replace(/[\ud800-\udbff]$|&[a-z]{0,3}$/, '');
  return `${kept}${end}`;
}
