import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import type { LocalBuild } from './local/build.ts';

const here = fileURLToPath(import.meta.url);
const root = join(dirname(here), '..');
/** In a clone the handlers are TypeScript like this file; in an installed package both are what was built from it. */
const extension = extname(here);

/** The handlers, by their bundle's name. */
const handlers = {
  rotate: `lambdas/rotate${extension}`,
  reconcile: `lambdas/reconcile${extension}`,
  notify: `lambdas/notify${extension}`,
  calendar: `lambdas/calendar${extension}`,
  console: `lambdas/console${extension}`,
} as const;

/** Where the bundler believes that it writes: the names of chunks depend on the way from there to the sources. */
const output = join(root, 'functions');

export interface BundleOptions {
  /** Makes functions for a laptop, or for an emulator of AWS on loopback. @default functions for AWS */
  readonly local?: LocalBuild;
  /** Where source maps go: beside the functions they would be larger than all of them together. @default they are not kept */
  readonly mapsFolder?: string;
}

/**
 * Bundles every handler into a folder: `<name>.mjs`, and chunks that are loaded when a plug-in or client is first needed. What is deployed
 * and what runs on a laptop differ in one constant only, which `local` gives. The same sources always give the same bytes. Answers what
 * came from what, as esbuild tells it.
 */
export async function bundleHandlers(folder: string, { local, mapsFolder }: BundleOptions = {}): Promise<Metafile> {
  const { metafile, outputFiles } = await build({
    absWorkingDir: root,
    entryPoints: handlers,
    outdir: output,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    mainFields: ['module', 'main'],
    // What ssh2 uses where somebody has compiled it, and does without everywhere else: the bytes must not depend on that.
    external: ['*.node', 'cpu-features'],
    define: { KEYTURN_LOCAL: JSON.stringify(local ?? false) },
    // What is written for CommonJS inside the SDK asks for `require`, which a module does not have.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    legalComments: 'none',
    logLevel: 'silent',
    metafile: true,
    write: false,
    // Always, because the names of chunks depend on it.
    sourcemap: 'external',
  });
  for (const { path, contents } of outputFiles) {
    const isMap = path.endsWith('.map');
    if (isMap && mapsFolder === undefined) continue;
    const into = join(isMap && mapsFolder !== undefined ? mapsFolder : folder, relative(output, path));
    mkdirSync(dirname(into), { recursive: true });
    writeFileSync(into, contents);
  }
  return metafile;
}
