import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type ServedConsole, serveConsole } from '../console/serve.ts';
import { serveSecretsManagerAlone } from '../local/secrets-manager/serve.ts';
import { readSwitch, type Switches } from '../local/secrets-manager/switches.ts';
import { assistedToken, type Story } from '../local/story.ts';
import { registry } from '../plugin/registry.ts';
import { usualPort as usualConsolePort } from './console.ts';
import { openInstallation } from './installation.ts';
import { readKeys } from './keys.ts';
import { whoAmI } from './people.ts';
import { fault } from './terminal.ts';
import { playTour, type Sabotage } from './tour.ts';
import { createView, type View } from './view.ts';

interface Options {
  readonly tour?: boolean;
  readonly json?: boolean;
  readonly awsOnly?: boolean;
  readonly port?: number;
  readonly state?: string;
  readonly switch?: Partial<Switches>;
}

const usualPort = 4577;

export function localCommand(): Command {
  return new Command('local')
    .description('Everything on this machine: a real token changes hands before your eyes.')
    .option('--tour', 'play the story without a person, and end')
    .option('--json', 'print one JSON document about the tour, and nothing else')
    .option('--aws-only', 'only serve Secrets Manager, empty and in memory')
    .addOption(
      new Option('--port <number>', `the port of the AWS endpoint (default: ${usualPort}; for the tour a free one)`).argParser(
        portOf,
      ),
    )
    .addOption(
      new Option(
        '--switch <name=value>',
        'with --aws-only, and more than once: what AWS leaves open, such as listLagSeconds=300; docs/local-secrets-manager.md has the list',
      ).argParser(switchOf),
    )
    .option('--state <folder>', 'where the state is kept (default: .keyturn; for the tour a temporary folder)')
    .action(run);
}

async function run(options: Options): Promise<void> {
  if (options.awsOnly) return serveAlone(options.port ?? usualPort, options.switch);
  if (options.switch) throw new Error('--switch goes with --aws-only.');
  if (options.json && !options.tour) throw new Error('--json goes with --tour: it prints what the tour came to.');
  const sabotage = sabotageOf(process.env.KEYTURN_TOUR_BREAK);
  const isTemporary = options.tour === true && options.state === undefined;
  const stateFolder = isTemporary ? mkdtempSync(join(tmpdir(), 'keyturn-')) : resolve(options.state ?? '.keyturn');
  const port = options.port ?? (options.tour ? 0 : usualPort);
  const view = createView({ isSilent: options.json === true });

  const consoles: ServedConsole[] = [];
  let story: Story | undefined;
  const end = async () => {
    view.close();
    for (const served of consoles) await served.close();
    await story?.close();
    if (isTemporary) rmSync(stateFolder, { recursive: true, force: true });
  };
  // Ended by a signal in the middle; what has not told of itself yet ends with this process, because its channel to us closes.
  const onSignal = () => void end().finally(() => process.exit(130));
  // The last is a terminal that is closed.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, onSignal);
  const narrator = {
    ...view,
    opened(opened: Story) {
      story = opened;
      view.opened(opened);
      if (!options.tour)
        void openConsole(stateFolder, view).then(
          (served) => consoles.push(served),
          (error: unknown) => view.say(`The pages could not be opened. ${fault(error)}`),
        );
    },
  };
  try {
    const { report, story: played } = await playTour({
      stateFolder,
      port,
      narrator,
      ...(sabotage === undefined ? {} : { sabotage }),
    });
    if (options.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
    if (!report.ok) process.exitCode = 1;
    if (!options.tour) await stayOpen(played, view);
  } finally {
    await end();
  }
}

/** The pages beside the story: on their usual port, or on a free one where that is taken. */
async function openConsole(stateFolder: string, view: View): Promise<ServedConsole> {
  const installation = await openInstallation({ local: stateFolder, installation: 'keyturn' });
  const serveOn = (port: number) => serveConsole({ installation, registry, who: whoAmI(), port });
  const served = await serveOn(usualConsolePort).catch(() => serveOn(0));
  view.say(`The same on pages: ${served.url}`);
  return served;
}

async function serveAlone(port: number, switches: Partial<Switches> = {}): Promise<void> {
  const { url, close } = await serveSecretsManagerAlone({ port, switches });
  const end = () => void close().finally(() => process.exit(0));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  // Last: whoever waits for this line may end us as soon as it is there.
  process.stdout.write(`listening on ${url}\n`);
}

/** After the story: the visitor's turn. */
async function stayOpen(story: Story, view: View): Promise<void> {
  view.scene('Your turn');
  view.say(`Secrets Manager is at ${story.local.url}, the registry at ${story.registryUrl}. The secret: ${story.secretArn}`);
  view.say(
    `A token that only people make: ${assistedToken.name}. The stand-in for Mailchimp, where you make one: ${story.mailing.url}`,
  );
  await readKeys(story, view);
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It has to be a number from 0 to 65535.');
}

function switchOf(text: string, before: Partial<Switches> = {}): Partial<Switches> {
  const read = readSwitch(text);
  if (typeof read === 'string') throw new InvalidArgumentError(read);
  return { ...before, ...read };
}

function sabotageOf(text: string | undefined): Sabotage | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'set' || text === 'finish' || text === 'retire') return text;
  throw new Error('KEYTURN_TOUR_BREAK is set, and is neither set, finish nor retire.');
}
