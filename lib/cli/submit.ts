import { text } from 'node:stream/consumers';
import password from '@inquirer/password';
import { Command } from 'commander';
import colours from 'picocolors';
import { day } from '../engine/time.ts';
import type { Installation } from '../operations/installation.ts';
import { Refusal } from '../operations/refusal.ts';
import { type AskedPart, partsAsked, type Submitted, submit, type Typed } from '../operations/submit.ts';
import { registry } from '../plugin/registry.ts';
import { follow } from './follow.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, openProgress } from './output.ts';
import { harmless } from './terminal.ts';

const longestWaitMinutes = 15;

export function submitCommand(): Command {
  return withPlace(new Command('submit'))
    .description(
      'Takes a new token that a person has made, checks it, and gives it to every place. It is typed, or comes on standard input.',
    )
    .argument('<token>', 'its name in the catalog')
    .addHelpText(
      'after',
      `
What is typed is not shown, not logged and kept nowhere but in the secret. With a pipe: the token alone, or a JSON object with its parts.

Example:
  $ keyturn submit mailchimp-campaigns`,
    )
    .action(async (name: string, options: Place) => {
      const installation = await openInstallation(options);
      const entry = installation.entry(name);
      const rotator = await registry.rotator(entry.token.provider);
      if (rotator === undefined) throw new Refusal(`There is no plug-in for ${entry.token.provider}: run \`keyturn check\`.`);
      const typed = await typedFor(partsAsked(entry.token, rotator.facts));
      const progress = openProgress(options.json);
      progress.say(`${name}: asking the provider whether it works`);
      const submitted = await submit(installation, entry, rotator.facts, typed);
      const ended =
        submitted.outcome === 'begun' ? await waitFor(installation, name, submitted.versionId, progress.say) : undefined;
      progress.end();
      answer(options.json, { token: name, ...submitted, ...(ended === undefined ? {} : { rotation: ended }) }, [
        ...told(name, submitted),
        ...(ended === undefined
          ? []
          : [
              `${ended.outcome === 'promoted' ? colours.green('✓') : colours.yellow('…')} ${harmless(ended.message)}.`,
              `  ${harmless(ended.next)}`,
            ]),
      ]);
      if (submitted.outcome === 'refused' || ended?.outcome === 'failed') process.exitCode = 1;
    });
}

function waitFor(installation: Installation, name: string, versionId: string, tell: (line: string) => void) {
  return follow(installation, installation.entry(name), versionId, {
    waitMinutes: longestWaitMinutes,
    tell: (what) => tell(`${name}: ${what}`),
  });
}

async function typedFor(asked: readonly AskedPart[]): Promise<Typed> {
  if (process.stdin.isTTY !== true) return piped(await text(process.stdin), asked);
  const typed: Record<string, string> = {};
  for (const { part, says } of asked) typed[part] = await password({ message: says, mask: '*' }, { output: process.stderr });
  return typed;
}

/** The token alone, or as many parts as there are in a JSON object. What cannot be read is not repeated. */
function piped(input: string, asked: readonly AskedPart[]): Typed {
  if (asked.length === 1) return { value: input };
  try {
    const parsed: unknown = JSON.parse(input);
    const entries = Object.entries(parsed as object);
    if (entries.every(([, value]) => typeof value === 'string')) return Object.fromEntries(entries) as Typed;
  } catch {
    // told below
  }
  throw new Refusal(
    `This token has several parts: pipe a JSON object of texts with ${asked.map(({ part }) => part).join(', ')}. Nothing was stored.`,
  );
}

function told(name: string, submitted: Submitted): readonly string[] {
  if (submitted.outcome === 'refused') {
    return [
      `${colours.red('✗')} ${colours.bold(name)}: ${harmless(submitted.message)}.`,
      `  ${harmless(submitted.fix)}`,
      '  Nothing was changed.',
    ];
  }
  const expiry = submitted.expiresAt === undefined ? '' : `, and lives until ${day(submitted.expiresAt)}`;
  return [
    `${colours.green('✓')} ${colours.bold(name)}: it works${expiry}.`,
    ...(submitted.outcome === 'waits' ? [`  ${harmless(submitted.why)}.`] : []),
  ];
}
