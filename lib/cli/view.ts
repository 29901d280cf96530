import { createLogUpdate } from 'log-update';
import colours from 'picocolors';
import { errorCodes } from '../engine/errors.ts';
import type { LogEntry } from '../engine/ports.ts';
import { minute } from '../engine/time.ts';
import type { Story } from '../local/story.ts';
import { harmless } from './terminal.ts';
import type { Narrator } from './tour.ts';

/** The story on a terminal: lines that stay, and below them a line or two that live. Without a terminal only the lines that stay. */
export interface View extends Narrator {
  /** What can be pressed now. */
  keys(text: string): void;
  close(): void;
}

export function createView({ isSilent }: { isSilent: boolean }): View {
  const stream = process.stdout;
  const isLive = !isSilent && stream.isTTY === true;
  const live = createLogUpdate(stream);
  let story: Story | undefined;
  let keysText = '';
  let waiting = '';
  let isPainting = false;

  const print = (line: string) => {
    if (isSilent) return;
    if (isLive) live.clear();
    stream.write(`${line}\n`);
    void paint();
  };
  const paint = async () => {
    if (!isLive || story === undefined || isPainting) return;
    isPainting = true;
    const { requests, failed } = story.consumer.count();
    const consumer = `consumer ${requests} requests, ${failed === 0 ? colours.green('0 failed') : colours.red(`${failed} failed`)}`;
    const lines = [
      `${consumer} ${colours.dim('·')} ${minute(story.local.clock.now())}`,
      ...(waiting ? [colours.dim(`retirement: ${waiting}`)] : []),
    ];
    live([...lines, ...(keysText ? [colours.cyan(keysText)] : [])].join('\n'));
    isPainting = false;
  };
  const timer = isLive ? setInterval(() => void paint(), 200) : undefined;

  return {
    scene: (title) => print(`\n${colours.bold(title)}`),
    say: (line) => print(`  ${coloured(harmless(line))}`),
    log(entry) {
      if (entry.event === 'retirement.waits') waiting = harmless(entry.detail ?? '');
      if (entry.event === 'token.revoked') waiting = '';
      const line = lineFor(entry);
      if (line !== undefined) print(`  ${line.startsWith('✗') ? coloured(harmless(line)) : colours.dim(harmless(line))}`);
    },
    opened(opened) {
      story = opened;
      void paint();
    },
    keys(text) {
      keysText = text;
      void paint();
    },
    close() {
      clearInterval(timer);
      if (isLive) live.done();
    },
  };
}

/** What of the engine's log a visitor wants to see pass by. */
function lineFor({ event, step, dependent, state, detail, code, fix }: LogEntry): string | undefined {
  switch (event) {
    case 'step.started':
      return `${step}`;
    case 'step.done':
      return state === 'set' || state === 'passed' ? undefined : `    ${state}`;
    case 'step.failed':
      return `    failed: ${isToldElsewhere(code) ? code : `${code}: ${detail}`}`;
    case 'dependent.applied':
      return `    ${dependent}: written`;
    case 'dependent.restored':
      return `    ${dependent}: put back`;
    case 'dependent.effect':
      return `    ${dependent}: ${state === 'in-effect' ? 'in effect' : state}`;
    case 'retirement.waits':
      return `retirement waits: ${detail}`;
    case 'retirement.evidence':
      return 'retirement: the evidence is complete';
    case 'token.revoked':
      return 'retirement: revoked, and proven dead';
    case 'rotation.failed':
      return `✗ ${detail}. ${fix}`;
    default:
      return undefined;
  }
}

/** What fails for good is told whole when all is put back; a token that is parked is not told of again. */
function isToldElsewhere(code: LogEntry['code']): boolean {
  return code !== undefined && code !== 'parked' && errorCodes[code].ending === 'good';
}

function coloured(line: string): string {
  if (line.startsWith('✓')) return `${colours.green('✓')}${line.slice(1)}`;
  return line.startsWith('✗') ? colours.red(line) : line;
}
