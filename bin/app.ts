import { join } from 'node:path';
import { contextOf, readContext } from '../lib/constructs/context.ts';
import { KeyturnApp } from '../lib/constructs/keyturn-app.ts';
import { CatalogRefused } from '../lib/constructs/prepare.ts';
import { RotationError } from '../lib/engine/errors.ts';

// The CDK app of an installation: what cdk.json names, here and in a repository that has nothing but its catalog.

const { CDK_DEFAULT_ACCOUNT, CDK_DEFAULT_REGION, CDK_OUTDIR, CI } = process.env;
try {
  await KeyturnApp.from({
    ...(CDK_DEFAULT_ACCOUNT === undefined ? {} : { account: CDK_DEFAULT_ACCOUNT }),
    ...(CDK_DEFAULT_REGION === undefined ? {} : { region: CDK_DEFAULT_REGION }),
    // Nobody commits what a build server writes.
    isFrozen: CI !== undefined && CI !== '' && CI !== 'false',
    ...(CDK_OUTDIR === undefined ? {} : { mapsFolder: join(CDK_OUTDIR, 'source-maps') }),
    ...readContext(contextOf(process.env)),
  });
} catch (error) {
  if (!(error instanceof CatalogRefused || error instanceof RotationError)) throw error;
  process.stderr.write(`${error.message}${error instanceof RotationError ? `. ${error.fix}` : ''}\n`);
  process.exitCode = 1;
}
