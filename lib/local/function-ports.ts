import { join } from 'node:path';
import type { FunctionDifferences } from '../function/ports.ts';
import type { LocalBuild } from './build.ts';
import { createMovableClock } from './clock.ts';
import { createHistoryFolder } from './history-folder.ts';

/** What is different in a function that runs on a laptop: everything else is as it is deployed. */
export function localDifferences({ awsEndpoint, stateFolder, loopback }: LocalBuild): Partial<FunctionDifferences> {
  return {
    ...(stateFolder === undefined
      ? {}
      : { clock: createMovableClock(stateFolder), history: createHistoryFolder(join(stateFolder, 'history')) }),
    endpoint: awsEndpoint,
    loopback,
  };
}
