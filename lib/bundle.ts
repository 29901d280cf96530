import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { LocalBuild } from './local/build.ts';

const here = fileURLToPath(import.meta.url);
const root = join(dirname(here), '..');
/** In a clone the handlers are TypeScript like this file; in an installed package both are what was built from it. */
const extension = extname(here);

/** The handlers, by their bundle's name. */
const handlers = { rotate: `lambdas/rotate${extension}`, reconcile: `lambdas/reconcile${extension}` } as const;

/**
 * Bundles every handler into a folder: `<name>.mjs`, and chunks that are loaded when a plug-in or client is first needed. What is deployed
 * and what runs on a laptop differ in one constant only, which `local` gives.
 */
export async function bundleHandlers(folder: string, local?: LocalBuild): Promise<void> {
  await build({
    absWorkingDir: root,
    entryPoints: handlers,
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    define: { KEYTURN_LOCAL: JSON.stringify(local ?? false) },
    // What is written for CommonJS inside the SDK asks for `require`, which a module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    legalComments: 'none',
    logLevel: 'silent',
  });
}
