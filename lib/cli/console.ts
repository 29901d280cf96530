import { Command, InvalidArgumentError, Option } from 'commander';
import { serveConsole } from '../console/serve.ts';
import { registry } from '../plugin/registry.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { whoAmI } from './people.ts';

/** Where it is served unless somebody says otherwise. */
export const usualPort = 4578;

export function consoleCommand(): Command {
  return withPlace(new Command('console'))
    .description(
      'Opens pages on this machine that show every token, and on which people act. They act with your credentials, and read no value.',
    )
    .addOption(new Option('--port <number>', 'the port on 127.0.0.1').argParser(portOf).default(usualPort))
    .addHelpText('after', '\nExample:\n  $ keyturn console --local')
    .action(async (options: Place & { readonly port: number }) => {
      const installation = await openInstallation(options);
      const served = await serveConsole({ installation, registry, who: whoAmI(), port: options.port });
      const end = () => void served.close().finally(() => process.exit(0));
      for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
      process.stdout.write(options.json === true ? `${JSON.stringify({ url: served.url })}\n` : `Open ${served.url}\n`);
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new InvalidArgumentError('It has to be a number from 0 to 65535.');
}
