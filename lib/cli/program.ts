import { Command } from 'commander';
import { ackCommand } from './ack.ts';
import { adoptCommand } from './adopt.ts';
import { calendarCommand } from './calendar.ts';
import { checkCommand } from './check.ts';
import { consoleCommand } from './console.ts';
import { dependentsCommand } from './dependents.ts';
import { drillCommand } from './drill.ts';
import { healCommand } from './heal.ts';
import { historyCommand } from './history.ts';
import { holdCommand } from './hold.ts';
import { localCommand } from './local.ts';
import { pauseCommand, resumeCommand } from './pause.ts';
import { releaseCommand } from './release.ts';
import { retireCommand } from './retire.ts';
import { rollbackCommand } from './rollback.ts';
import { rotateCommand } from './rotate.ts';
import { rotatorsCommand } from './rotators.ts';
import { runbookCommand } from './runbook.ts';
import { statusCommand } from './status.ts';
import { submitCommand } from './submit.ts';
import { uninstallCommand } from './uninstall.ts';
import { verifyCommand } from './verify.ts';
import { whoseCommand } from './whose.ts';

/** All commands, in the order in which they are shown. */
export function createProgram(): Command {
  const program = new Command('keyturn')
    .description('Rotates API tokens on AWS Secrets Manager.')
    .showHelpAfterError('Run it with --help to see what there is.')
    .configureOutput({ outputError: (text, write) => write(text) })
    .exitOverride();
  const commands = [
    localCommand,
    checkCommand,
    rotatorsCommand,
    dependentsCommand,
    calendarCommand,
    statusCommand,
    runbookCommand,
    consoleCommand,
    verifyCommand,
    drillCommand,
    rotateCommand,
    submitCommand,
    rollbackCommand,
    healCommand,
    retireCommand,
    adoptCommand,
    holdCommand,
    releaseCommand,
    whoseCommand,
    pauseCommand,
    resumeCommand,
    ackCommand,
    historyCommand,
    uninstallCommand,
  ];
  for (const create of commands) program.addCommand(create().exitOverride());
  return program;
}
