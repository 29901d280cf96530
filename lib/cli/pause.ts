import { Command, InvalidArgumentError, Option } from 'commander';
import colours from 'picocolors';
import type { Pause } from '../engine/records.ts';
import type { Installation } from '../operations/installation.ts';
import { argumentsFor } from '../operations/rotate.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, when } from './output.ts';
import { confirm, whoAmI } from './people.ts';
import { harmless } from './terminal.ts';

interface Scope extends Place {
  readonly provider?: string;
  readonly token?: string;
  readonly yes?: boolean;
}

export function pauseCommand(): Command {
  return withPlace(new Command('pause'))
    .description('Stops acting, never watching: for everything, a provider or a token.')
    .option('--provider <provider>', 'only the tokens of this provider')
    .option('--token <token>', 'only this token')
    .requiredOption('--why <reason>', 'for whoever finds it')
    .addOption(new Option('--until <when>', 'it ends by itself: 2026-12-24T08:00Z, or 2h, or 3d').argParser(untilOf))
    .option('--yes', 'do not ask')
    .addHelpText('after', "\nExample:\n  $ keyturn pause --provider sendgrid --why 'their API is down' --until 4h")
    .action(async (options: Scope & { readonly why: string; readonly until?: Until }) => {
      const installation = await openInstallation(options);
      const { ledger } = installation;
      const of = scopeOf(installation, options);
      if (of === 'everything') await confirm('Pause every token of this installation?', options);
      const now = installation.clock.now();
      const until = options.until?.(now);
      if (until !== undefined && until <= now) throw new Error('--until is in the past.');
      const pause: Pause = { of, by: whoAmI(), why: options.why, since: now, ...(until === undefined ? {} : { until }) };
      await ledger.savePause(pause);
      const end = until === undefined ? `\`keyturn resume${argumentsFor(of)}\`` : when(until);
      answer(options.json, pause, [`${colours.green('✓')} ${of} is paused until ${end}: ${harmless(options.why)}`]);
    });
}

export function resumeCommand(): Command {
  return withPlace(new Command('resume'))
    .description('Ends a pause.')
    .option('--provider <provider>', 'the pause of this provider')
    .option('--token <token>', 'the pause of this token')
    .addHelpText('after', '\nExample:\n  $ keyturn resume --provider sendgrid')
    .action(async (options: Scope) => {
      const installation = await openInstallation(options);
      const { ledger } = installation;
      const of = scopeOf(installation, options);
      const pauses = await ledger.pauses();
      const isPaused = pauses.some((pause) => pause.of === of);
      await ledger.removePause(of);
      const others = pauses.filter((pause) => pause.of !== of);
      answer(options.json, { of, wasPaused: isPaused, others }, [
        isPaused ? `${colours.green('✓')} ${of} goes on.` : `${of} was not paused.`,
        ...others.map((pause) => `  still paused: ${pause.of} (${harmless(pause.why)})`),
      ]);
    });
}

function scopeOf({ catalog, entry }: Installation, { provider, token }: Scope): Pause['of'] {
  if (provider !== undefined && token !== undefined) throw new Error('Name a provider or a token, and not both.');
  if (token !== undefined) return `token:${entry(token).token.name}`;
  if (provider === undefined) return 'everything';
  if (!catalog.entries.some((each) => each.token.provider === provider))
    throw new Error('The catalog has no token of this provider.');
  return `provider:${provider}`;
}

type Until = (now: number) => number;

function untilOf(text: string): Until {
  const [, count, unit] = /^(\d{1,4})([hd])$/.exec(text) ?? [];
  if (count !== undefined) return (now) => now + Number(count) * (unit === 'h' ? 3_600_000 : 86_400_000);
  const moment = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(moment)) throw new InvalidArgumentError('It has to be a date such as 2026-12-24T08:00Z, or 2h, or 3d.');
  return () => moment;
}
