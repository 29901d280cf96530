import { join } from 'node:path';
import { noVersionWarning, run, tail } from './processes.ts';

export interface Cdk {
  bootstrap(): Promise<void>;
  /** Makes the cloud assembly in a folder, of the app in cdk.json or of another one. */
  synth(outputFolder: string, context: Readonly<Record<string, string>>, app?: string): Promise<void>;
  deploy(assemblyFolder: string): Promise<void>;
  destroy(assemblyFolder: string): Promise<void>;
}

/** The CDK's own command line, as users have it; what it prints is shown only when it fails. */
export function createCdk(options: {
  readonly root: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly account: string;
  readonly region: string;
  /** Of the bootstrap stack's resources, so that an account's own bootstrap stack is not touched. */
  readonly qualifier: string;
  readonly toolkitStack: string;
  readonly signal: AbortSignal;
}): Cdk {
  const { root, environment, account, region, qualifier, toolkitStack, signal } = options;
  const program = join(root, 'node_modules/aws-cdk/bin/cdk');

  async function cdk(what: string, ...argumentsGiven: readonly string[]): Promise<void> {
    const quiet = ['--no-notices', '--no-color', '--no-version-reporting'];
    const { status, output } = await run(process.execPath, [program, ...argumentsGiven, ...quiet], {
      folder: root,
      environment: { ...environment, CDK_DISABLE_CLI_TELEMETRY: 'true', CI: 'false', [noVersionWarning]: 'true' },
      signal,
    });
    if (status !== 0) throw new Error(`${what} failed. The end of what it said:\n${tail(output)}`);
  }

  return {
    bootstrap: () =>
      cdk(
        'cdk bootstrap',
        ...['bootstrap', `aws://${account}/${region}`, '--qualifier', qualifier, '--toolkit-stack-name', toolkitStack],
        // Without an app: what it makes does not depend on one.
        ...['--app', ''],
      ),
    synth: (outputFolder, context, app) =>
      cdk(
        'cdk synth',
        ...['synth', '--quiet', '--output', outputFolder, ...(app === undefined ? [] : ['--app', app])],
        ...Object.entries({ '@aws-cdk/core:bootstrapQualifier': qualifier, ...context }).flatMap(([key, value]) => [
          '--context',
          `${key}=${value}`,
        ]),
      ),
    deploy: (assemblyFolder) =>
      cdk(
        'cdk deploy',
        ...['deploy', '--all', '--app', assemblyFolder, '--toolkit-stack-name', toolkitStack],
        ...['--require-approval', 'never', '--progress', 'events'],
      ),
    destroy: (assemblyFolder) =>
      cdk('cdk destroy', 'destroy', '--all', '--force', '--app', assemblyFolder, '--toolkit-stack-name', toolkitStack),
  };
}
