import type { Directory } from '../catalog/compiled.ts';
import type { AlertEvent, DigestEvent, SingleEvent } from './events.ts';
import { mostListed } from './events.ts';

/** What a person is told, whichever way it takes. All of it is plain: no line break, no escape sequence, no mark that turns the writing. */
export interface Message {
  /** One line. */
  readonly subject: string;
  readonly sections: readonly Section[];
  /** The token's page in the runbook. */
  readonly runbook?: string;
}

export interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

type ShownAlert = SingleEvent['detail']['alert'];

/** An event in words: what happened, what happens next by itself, what the reader does, and whose it is. */
export function composeMessage(event: AlertEvent | DigestEvent, directory: Directory): Message {
  if (event.type === 'digest') return digest(event, directory);
  return event.type === 'alert.summary' ? summary(event, directory) : single(event, directory);
}

function single({ type, detail }: SingleEvent, directory: Directory): Message {
  const { alert, team } = detail;
  const what = sentence(alert.message);
  const since = alert.openedAt === undefined ? '' : moment(alert.openedAt, directory);
  if (type === 'alert.recovered') {
    return {
      subject: `[Keyturn, over] ${what}`,
      sections: [
        { title: 'What happened', lines: [`This is over: ${what}`, `It was told first at ${since}.`] },
        { title: 'What you do', lines: ['Nothing.'] },
        ...whose(alert, team, directory),
      ],
      ...runbookOf(alert, directory),
    };
  }
  const isAgain = type === 'alert.escalated';
  const unanswered = `Nobody has acknowledged it since ${since}, so you are told too.`;
  return {
    subject: `[Keyturn, ${alert.urgency}${isAgain ? ', nobody answered' : ''}] ${what}`,
    sections: [
      { title: 'What happened', lines: [what, ...(isAgain ? [unanswered] : [])] },
      { title: 'What happens next', lines: [sentence(alert.next)] },
      { title: 'What you do', lines: [sentence(alert.fix), `${acknowledging(alert)} tells the others that you look after it.`] },
      ...whose(alert, team, directory),
    ],
    ...runbookOf(alert, directory),
  };
}

function summary({ detail }: Extract<AlertEvent, { type: 'alert.summary' }>, directory: Directory): Message {
  const { what, alerts, count, team } = detail;
  const happened = {
    opened: `${count} troubles began at once`,
    escalated: `${count} troubles were acknowledged by nobody`,
    recovered: `${count} troubles are over`,
  }[what];
  const lines = alerts.map(({ urgency, message, fix }) =>
    what === 'recovered' ? sentence(message) : `[${urgency}] ${sentence(message)} ${sentence(fix)}`,
  );
  return {
    subject: `[Keyturn${what === 'recovered' ? ', over' : ''}] ${happened}${of(team, directory)}`,
    sections: [
      { title: 'What happened', lines: [`${happened}${of(team, directory)}. They are told together.`] },
      { title: what === 'recovered' ? 'Over' : 'What is wrong, and what you do', lines: [...lines, ...more(count)] },
      ...(what === 'recovered'
        ? []
        : [
            { title: 'What happens next', lines: ['Nobody is told of each by itself. The daily digest has what is still open.'] },
          ]),
    ],
  };
}

function digest({ detail }: DigestEvent, directory: Directory): Message {
  const { day, to, open, openCount, upcoming, upcomingCount, recent, recentCount } = detail;
  const [reader] = to;
  const whom = reader === undefined || reader.kind === 'operators' ? 'the operators' : nameIn(directory, reader);
  const words = {
    rotation: 'is rotated by itself',
    due: 'falls due: somebody makes a new one',
    expiry: 'expires',
    'authority-expiry': 'loses its authority, which expires',
  };
  const opened = open.map((alert) => {
    const by = alert.acknowledgedBy === undefined ? '' : ` ${plain(alert.acknowledgedBy)} looks after it.`;
    return `[${alert.urgency}] ${sentence(alert.message)} ${sentence(alert.fix)}${by}`;
  });
  const section = (title: string, lines: readonly string[], count: number, none: string): Section => ({
    title,
    lines: count === 0 ? [none] : [...lines, ...more(count)],
  });
  return {
    subject: `[Keyturn] ${day}, ${whom}: ${openCount === 0 ? 'nothing is open' : `${openCount} open`}`,
    sections: [
      section('Open', opened, openCount, 'Nothing.'),
      section(
        'In the next 30 days',
        upcoming.map(({ token, what, at }) => `${moment(at, directory)}: ${plain(token)} ${words[what]}.`),
        upcomingCount,
        'Nothing that is known.',
      ),
      section(
        'Since yesterday',
        recent.map(({ at, message }) => `${moment(at, directory)}: ${sentence(message)}`),
        recentCount,
        'Nothing was rotated or revoked.',
      ),
    ],
  };
}

function whose({ token, owner, backup }: ShownAlert, team: string | undefined, directory: Directory): readonly Section[] {
  if (token === undefined) return [];
  const person = (id: string) => nameIn(directory, { kind: 'person', id });
  const lines = [
    `Token: ${plain(token)}.`,
    ...(owner === undefined ? [] : [`Owner: ${person(owner)}.`]),
    ...(backup === undefined ? [] : [`Backup: ${person(backup)}.`]),
    ...(team === undefined ? [] : [`Team: ${nameIn(directory, { kind: 'team', id: team })}.`]),
  ];
  return [{ title: 'Whose it is', lines: [...lines, ...byCommand(token, directory)] }];
}

function byCommand(token: string, { alerts }: Directory): readonly string[] {
  return alerts.runbookUrl === undefined ? [`Runbook: \`keyturn runbook ${plain(token)}\` prints it.`] : [];
}

function runbookOf({ token }: ShownAlert, { alerts }: Directory): Pick<Message, 'runbook'> {
  if (token === undefined || alerts.runbookUrl === undefined) return {};
  return { runbook: alerts.runbookUrl.replaceAll('{token}', encodeURIComponent(token)) };
}

/** What is about no token is called by the whole of its name. */
function acknowledging({ id, token }: ShownAlert): string {
  return `\`keyturn ack ${plain(token ?? id)}\``;
}

function of(team: string | undefined, directory: Directory): string {
  return team === undefined ? '' : ` for ${nameIn(directory, { kind: 'team', id: team })}`;
}

function nameIn({ people, teams }: Directory, { kind, id }: { readonly kind: 'person' | 'team'; readonly id: string }): string {
  const all: Readonly<Record<string, { readonly name: string }>> = kind === 'person' ? people : teams;
  const name = Object.hasOwn(all, id) ? all[id]?.name : undefined;
  return plain(name ?? id);
}

function more(count: number): readonly string[] {
  return count > mostListed ? [`And ${count - mostListed} more: \`keyturn status\` has all of them.`] : [];
}

function moment(at: string, { alerts: { timeZone } }: Directory): string {
  const format = new Intl.DateTimeFormat('sv-SE', { timeZone, dateStyle: 'short', timeStyle: 'short' });
  return `${format.format(new Date(at))} (${timeZone})`;
}

function sentence(text: string): string {
  const said = plain(text);
  return /[.!?…]$/.test(said) ? said : `${said}.`;
}

/** Names, descriptions and what providers say come from strangers: what a terminal or a mail program would obey becomes a space. */
export function plain(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, ' ')
    .replace(/\s+/g, ' ')
    .trim();
}
