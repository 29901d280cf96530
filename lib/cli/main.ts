import { CommanderError } from 'commander';
import { createProgram } from './program.ts';
import { fault } from './terminal.ts';

/** The command line. A command that fails says one sentence and what to do, and ends with 1; a wrong call ends with 2. */
export async function runCli(argv: readonly string[]): Promise<void> {
  quietSdkWarning();
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
    else {
      process.stderr.write(`${fault(error)}\n`);
      process.exitCode = 1;
    }
  }
}

// The SDK warns on every start that it will want a newer Node one day; that is for our changelog, and not for who presses Rotate.
function quietSdkWarning(): void {
  const [print] = process.listeners('warning');
  process.removeAllListeners('warning');
  process.on('warning', (warning) => {
    if (!warning.message.startsWith('NodeVersionSupportWarning')) print?.(warning);
  });
}
