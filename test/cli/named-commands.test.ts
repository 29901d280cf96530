// Goal: whoever is told to run a command can run it as it stands there.
// Method: every `keyturn …` in backticks in the sources and in the facts of plug-ins is parsed by the real command line, which does nothing
// but parse here. What a source fills in becomes the name of a token.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { type Command, CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../../lib/cli/program.ts';

/** Commands that messages name and that are not there yet. What is there must not stand here. */
const notThereYet: readonly string[] = [];

const sources = execFileSync('git', ['ls-files', 'lib', 'rotators', 'dependents', 'lambdas', 'bin'], { encoding: 'utf8' })
  .split('\n')
  // A fake speaks as its vendor does, to no person.
  .filter((file) => file.endsWith('.ts') && !file.endsWith('fake.ts'));

interface Named {
  readonly file: string;
  readonly words: readonly string[];
}

/** In a source the backticks may be escaped, and what is filled in stands for a name. */
function commandsIn(file: string, text: string): readonly Named[] {
  const named = text.replace(/\$\{argumentsFor\([^}]*\)\}/g, ' --provider a-name');
  const filled = named.replace(/\$\{(?:[^{}`]|\{[^{}]*\})*\}/g, 'a-name');
  return [...filled.matchAll(/\\?`(keyturn [^`\\]+)\\?`/g)].flatMap(([, command = '']) => {
    const words = command.split(/\s+/).slice(1);
    // A text of the source that begins with the name of the project, and is no command.
    return words[0] === 'a-name' ? [] : [{ file, words }];
  });
}

/** The real commands, of which none does anything: what they refuse is thrown. */
function parse(words: readonly string[]): void {
  const program = createProgram();
  const silence = (command: Command): void => {
    command.configureOutput({ writeOut: () => {}, writeErr: () => {}, outputError: () => {} });
    command.exitOverride();
    command.action(() => {});
    for (const each of command.commands) silence(each);
  };
  for (const command of program.commands) silence(command);
  program.configureOutput({ writeErr: () => {}, outputError: () => {} });
  program.parse([...words], { from: 'user' });
}

const named = sources.flatMap((file) => commandsIn(file, readFileSync(file, 'utf8')));
const known = createProgram().commands.map((command) => command.name());

it('finds the commands that messages name, with what is filled into them', () => {
  const found = named.map(({ words }) => words.join(' '));

  expect(found).toEqual(expect.arrayContaining(['check', 'ack a-name', 'runbook a-name', 'submit a-name', 'status']));
});

const there = named.filter(({ words: [name = ''] }) => !notThereYet.includes(name));

it.each(there.map(({ file, words }) => [words.join(' '), file, words] as const))('can be run: %s (%s)', (_, __, words) => {
  expect(() => parse(words)).not.toThrow();
});

it('lists as not there only what is named and is not there', () => {
  const missing = [...new Set(named.map(({ words: [name = ''] }) => name))].filter((name) => !known.includes(name));

  expect([...missing].sort()).toEqual([...notThereYet]);
});

it.each([[['no-such-command']], [['check', '--no-such-option']], [['check', 'one', 'two']]])('would be told of %j', (words) => {
  expect(() => parse(words)).toThrow(CommanderError);
});
