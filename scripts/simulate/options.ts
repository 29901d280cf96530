import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { readSwitch, type Switches } from '../../lib/local/secrets-manager/switches.ts';

export interface Options {
  readonly all?: boolean;
  readonly orders?: boolean;
  readonly faults?: number;
  readonly player?: string;
  readonly walks?: number;
  readonly seed: number;
  readonly replay?: string;
  readonly scene?: string;
  readonly planted?: string;
  readonly switch: Partial<Switches>;
  readonly seconds?: number;
  readonly most?: number;
  readonly part?: Part;
  readonly json?: boolean;
}

/** One of so many parts, for as many processes side by side. */
export interface Part {
  readonly number: number;
  readonly of: number;
}

/** Whether the one at this place of a list is in the part; all are in none. */
export function isIn(part: Part | undefined, index: number): boolean {
  return part === undefined || index % part.of === part.number - 1;
}

const help = `
Without options it goes through what every commit does. Ctrl-C ends it with what it has.
Ends with 0 if every promise held, 1 if one was broken or a planted bug was not found, 2 if it was asked for what there is not.

Not included: in a walk, two runs beside each other (scenes do that).`;

function createCommand(): Command {
  const modes = ['all', 'orders', 'faults', 'walks', 'replay', 'scene'];
  const alone = (flags: string, description: string) => {
    const option = new Option(flags, description);
    return option.conflicts(modes.filter((name) => name !== option.attributeName()));
  };
  return new Command('npm run simulate --')
    .description(
      'Goes through lives of tokens in a simulated world, under faults at every call and in every order, and checks every promise.',
    )
    .addOption(alone('--all', 'pairs of faults for every plug-in'))
    .addOption(alone('--orders', 'two runs in every order, without and with one fault, for every plug-in'))
    .addOption(alone('--faults <number>', 'so many faults in the lives of one player').argParser(countFrom(0)))
    .addOption(alone('--walks <number>', 'so many random lives').argParser(countFrom(1)))
    .option('--seed <number>', 'what the random lives are drawn from', countFrom(0), 1)
    .addOption(alone('--replay <text>', 'one life again, as it was printed'))
    .addOption(alone('--scene <text>', 'two runs beside each other again, as they were printed'))
    .option('--switch <name=value>', 'for --replay: what AWS does where it has not said so', collectSwitch, {})
    .option('--planted <name>', 'for --replay and --scene: the design bug that is planted')
    .option('--player <name>', 'whose lives: a plug-in or a representative')
    .option('--seconds <number>', 'ends after so many seconds with what it has', countFrom(1))
    .option('--most <number>', 'ends each player, or order of runs, after so many schedules', countFrom(1))
    .addOption(
      new Option('--part <number/of>', 'one part of it, such as 1/2, for two processes side by side')
        .argParser(parsePart)
        .conflicts(['faults', 'replay', 'scene']),
    )
    .option('--json', 'print one JSON document, and nothing else')
    .addHelpText('after', help)
    .exitOverride();
}

/** The options, or the code to end with: commander has printed the sentence then. */
export function readOptions(
  argv: readonly string[],
  complain = (text: string): unknown => process.stderr.write(text),
): Options | number {
  const command = createCommand().configureOutput({ writeErr: complain });
  try {
    return command.parse(argv, { from: 'user' }).opts<Options>();
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    throw error;
  }
}

function countFrom(least: number): (text: string) => number {
  return (text) => {
    const count = Number(text);
    if (!/^\d{1,9}$/.test(text) || count < least) throw new InvalidArgumentError(`It has to be a whole number from ${least} on.`);
    return count;
  };
}

function parsePart(text: string): Part {
  const [number, of] = (/^(\d{1,3})\/(\d{1,3})$/.exec(text)?.slice(1) ?? []).map(Number);
  if (number !== undefined && of !== undefined && number >= 1 && number <= of) return { number, of };
  throw new InvalidArgumentError('It has to be a part and how many there are, such as 1/2.');
}

function collectSwitch(text: string, before: Partial<Switches>): Partial<Switches> {
  const read = readSwitch(text);
  if (typeof read === 'string') throw new InvalidArgumentError(read);
  return { ...before, ...read };
}
