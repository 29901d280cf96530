// Goal: a message says all that a tired person needs, and whatever a stranger wrote into a name stays a harmless piece of text in every sink.
import { describe, expect, it } from 'vitest';
import { digestsOf } from '../../lib/alerts/digest.ts';
import type { AlertEvent, DigestEvent } from '../../lib/alerts/events.ts';
import { composeMessage, type Message } from '../../lib/alerts/message.ts';
import { asMail, asSlack } from '../../lib/alerts/render.ts';
import type { Directory } from '../../lib/catalog/compiled.ts';
import { cause, createSweeps, directory, hour, minute, start, tokens } from './setup.ts';

const withRunbook: Directory = {
  ...directory,
  alerts: { ...directory.alerts, timeZone: 'Europe/Stockholm', runbookUrl: 'https://wiki.example.com/{token}?a=1&b=2' },
};

async function lifeOf(...causes: Parameters<ReturnType<typeof createSweeps>['sweep']>[0]): Promise<readonly AlertEvent[]> {
  const { sweep, pass, events } = createSweeps();
  await sweep(causes);
  pass(4 * hour);
  await sweep(causes);
  pass(15 * minute);
  await sweep([]);
  pass(15 * minute);
  await sweep([]);
  return events as readonly AlertEvent[];
}

const linesOf = ({ sections }: Message) => sections.flatMap(({ title, lines }) => [`${title}:`, ...lines]);

describe('a message', () => {
  it('names the token, whose it is, what happened, what happens by itself, and what to do', async () => {
    const [opened, escalated, recovered] = await lifeOf(cause('npm'));

    expect([opened, escalated, recovered].map((event) => event && composeMessage(event, withRunbook).subject)).toEqual([
      '[Keyturn, now] The rotation of npm was given up.',
      '[Keyturn, now, nobody answered] The rotation of npm was given up.',
      '[Keyturn, over] The rotation of npm was given up.',
    ]);
    const whose = ['Whose it is:', 'Token: npm.', 'Owner: Ada Lovelace.', 'Backup: Grace Hopper.', 'Team: Platform.'];
    expect(escalated && linesOf(composeMessage(escalated, withRunbook))).toEqual([
      'What happened:',
      'The rotation of npm was given up.',
      'Nobody has acknowledged it since 2026-11-25 07:00 (Europe/Stockholm), so you are told too.',
      'What happens next:',
      'It is tried again in two hours.',
      'What you do:',
      'Run `keyturn release npm`.',
      '`keyturn ack npm` tells the others that you look after it.',
      ...whose,
    ]);
    expect(recovered && linesOf(composeMessage(recovered, withRunbook))).toEqual([
      'What happened:',
      'This is over: The rotation of npm was given up.',
      'It was told first at 2026-11-25 07:00 (Europe/Stockholm).',
      'What you do:',
      'Nothing.',
      ...whose,
    ]);
  });

  it('links to the runbook, or names the command that prints it', async () => {
    const [event] = await lifeOf(cause('npm'));
    if (event === undefined) throw new Error('there is no event');

    expect(asMail(composeMessage(event, withRunbook)).text).toContain('Runbook: https://wiki.example.com/npm?a=1&b=2\n');
    expect(JSON.stringify(asSlack(composeMessage(event, withRunbook)))).toContain(
      '"<https://wiki.example.com/npm?a=1&amp;b=2|Runbook>"',
    );
    const odd = {
      ...withRunbook,
      alerts: { ...withRunbook.alerts, runbookUrl: 'https://wiki.example.com/{token}|x><!channel>' },
    };
    expect(JSON.stringify(asSlack(composeMessage(event, odd)))).toContain(
      '"<https://wiki.example.com/npm%7Cx%3E%3C!channel%3E|Runbook>"',
    );
    expect(asMail(composeMessage(event, directory)).text).toContain('Runbook: `keyturn runbook npm` prints it.');
  });

  it('of many lists the most urgent first, and says how many there are', async () => {
    const many = Array.from({ length: 20 }, (_, index) => cause(`many-${index}`, { urgency: index === 13 ? 'now' : 'soon' }));
    const [summary] = await lifeOf(...many, ...many.map((each) => ({ ...each, id: `${each.id}/again` })));
    if (summary?.type !== 'alert.summary') throw new Error('there is no summary');

    const message = composeMessage(summary, directory);

    expect(message.subject).toBe('[Keyturn] 40 troubles began at once for Platform');
    expect(message.sections[1]?.lines[0]).toBe('[now] The rotation of many-13 was given up. Run `keyturn release many-13`.');
    expect(message.sections[1]?.lines).toHaveLength(31);
    expect(message.sections[1]?.lines.at(-1)).toBe('And 10 more: `keyturn status` has all of them.');
  });
});

describe('what strangers write', () => {
  const esc = String.fromCharCode(27);
  const hostile = [
    `${esc}[31mred${esc}[0m`,
    'a\r\nBcc: everybody@example.com\r\n\r\nNothing is wrong.',
    'a\u202egpj.exe',
    'a\u2028What you do\u2029Nothing',
    '<!channel> <@U123> <https://evil.example.com|the runbook> @here #general',
    '<script>alert(1)</script>&lt;b&gt;',
    '*bold* `code` ~gone~ _x_',
    '\ud83d',
    'x'.repeat(5000),
    '🎩'.repeat(200),
    '   ',
  ];
  const people: Directory = {
    ...directory,
    people: Object.fromEntries(
      Object.entries(directory.people).map(([id, person]) => [id, { ...person, name: hostile[0] ?? '' }]),
    ),
  };

  const messages = async (text: string): Promise<readonly Message[]> => {
    const named: Directory = {
      ...people,
      teams: { platform: { ...(directory.teams['platform'] as Directory['teams'][string]), name: text } },
    };
    const said = cause('npm', { message: text, next: text, fix: text });
    const events: (AlertEvent | DigestEvent)[] = [
      ...(await lifeOf(said)),
      ...(await lifeOf(...Array.from({ length: 12 }, (_, index) => cause(`many-${index}`, { message: text, fix: text })))),
      ...digestsOf({
        causes: [said],
        alerts: [],
        tokens,
        people: directory.people,
        upcoming: [{ token: 'npm', what: 'expiry', at: start }],
        recent: [{ what: 'token.rotated', token: 'npm', secretArn: '', id: '1', at: start, message: text }],
        settings: directory.alerts,
        now: start,
        day: '2026-11-25',
      }),
    ];
    return events.map((event) => composeMessage(event, named));
  };

  it.each(hostile)('is harmless in an e-mail: %j', async (text) => {
    for (const message of await messages(text)) {
      const { subject, text: body } = asMail(message);
      expect(subject).toMatch(/^\[[\x20-\x7e]{1,98}$/);
      expect(body).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      // Every line is one of ours: a title, or an item of its list.
      const titles =
        /^(What happened|What happens next|What you do|What is wrong, and what you do|Over|Whose it is|Open|In the next 30 days|Since yesterday)$/;
      for (const line of body.split('\n')) expect(line === '' || line.startsWith('- ') || titles.test(line), line).toBe(true);
    }
  });

  it.each(hostile)('is harmless in Slack: %j', async (text) => {
    for (const message of await messages(text)) {
      const body = asSlack(message) as SlackBody;
      expect(body).toMatchObject({ mrkdwn: false, parse: 'none', link_names: false });
      expect(body.blocks.length).toBeLessThanOrEqual(50);
      for (const said of [body.text, ...body.blocks.map((block) => block.text.text)]) {
        expect(said).not.toMatch(/[<>]|&(?!amp;|lt;|gt;)/);
        expect(said.length).toBeLessThanOrEqual(3000);
        expect(said).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
      }
      for (const { type, text: said } of body.blocks) {
        expect(said.type).toBe('plain_text');
        if (type === 'header') expect(said.text.length).toBeLessThanOrEqual(150);
      }
    }
  });
});

interface SlackBody {
  readonly text: string;
  readonly blocks: readonly { readonly type: string; readonly text: { readonly type: string; readonly text: string } }[];
}
