import { join } from 'node:path';
import type { FunctionDifferences } from '../function/ports.ts';
import type { LocalBuild } from './build.ts';
import { createMovableClock } from './clock.ts';
import { openFolderShelf } from './folder-shelf.ts';

/** What is different in a function that runs on a laptop: everything else is as it is deployed. */
export function localDifferences({ awsEndpoint, stateFolder, loopback }: LocalBuild): Partial<FunctionDifferences> {
  return {
    ...(stateFolder === undefined
      ? {}
      : {
          clock: createMovableClock(stateFolder),
          // What is deployed to an emulator has its table there, as on AWS.
          ...(process.env.KEYTURN_TABLE === undefined
            ? { openShelf: async () => openFolderShelf(join(stateFolder, 'history')) }
            : {}),
        }),
    endpoint: awsEndpoint,
    loopback,
  };
}
