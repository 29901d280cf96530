import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BundleOptions, bundleHandlers } from '../bundle.ts';
import type { Catalog, CatalogRegistry } from '../catalog/catalog.ts';
import { compileDirectory, compileFor, compileIndex, providersOf } from '../catalog/compile.ts';
import type { Directory } from '../catalog/compiled.ts';
import { formatProblems } from '../catalog/format-problems.ts';
import { loadCatalog } from '../catalog/load-catalog.ts';
import type { Place } from '../catalog/place-rules.ts';
import { type Problem, sortProblems } from '../catalog/problem.ts';
import { compileWhole } from '../catalog/whole.ts';
import { registry as ownRegistry } from '../plugin/registry.ts';
import { assertLoopback, type LocalEndpoint } from './local-endpoint.ts';
import { type Assignment, assignStacks, keepStacks, readStacks } from './stacks-file.ts';

/** What a stack is made of: found without faults, and lying ready in folders. */
export interface Prepared {
  readonly catalog: Catalog;
  /** The handlers, bundled once for all functions. */
  readonly codeFolder: string;
  /** A folder for each provider, with its tokens and nobody else's. */
  readonly catalogFolders: ReadonlyMap<string, string>;
  readonly indexFolder: string;
  /** Whom messages can go to, and the folder where that lies. */
  readonly directory: Directory;
  readonly directoryFolder: string;
  /** Where the whole catalog lies, for the console. */
  readonly wholeFolder: string;
  readonly stacks: Assignment;
  /** Warnings of the catalog's check. */
  readonly warnings: readonly Problem[];
  /** Set where the functions are made for an emulator on loopback and can reach nothing else. */
  readonly localEndpoint?: LocalEndpoint;
}

export interface PrepareOptions extends Partial<Place> {
  /** The folder of the catalog, from where synth runs. */
  readonly catalog: string;
  /**
   * Deploys to an emulator of AWS on this machine: the functions are built for it and reach no other AWS.
   * @default functions for AWS
   */
  readonly localEndpoint?: LocalEndpoint;
  /**
   * Refuses to write which stack each token is in, where nobody would commit it.
   * @default it is written when it changes
   */
  readonly isFrozen?: boolean;
  /**
   * Where source maps of the functions go, for reading a stack trace.
   * @default they are not kept
   */
  readonly mapsFolder?: string;
  /**
   * Where everything is laid ready for CDK, which copies it.
   * @default a temporary folder that is gone when the process ends
   */
  readonly stagingFolder?: string;
  /**
   * Handlers that are bundled already.
   * @default they are bundled now
   */
  readonly codeFolder?: string;
  /** @default the plug-ins of this package */
  readonly registry?: CatalogRegistry;
}

/** The catalog cannot be deployed: every problem at once, with file and line. */
export class CatalogRefused extends Error {
  override readonly name = 'CatalogRefused';
  readonly problems: readonly Problem[];

  constructor(problems: readonly Problem[]) {
    super(`keyturn: the catalog cannot be deployed.\n${formatProblems(problems, { colour: false })}`);
    this.problems = problems;
  }
}

/**
 * Checks a catalog and lays ready everything that its stacks are made of: bundles the handlers, compiles the catalog for each provider, and
 * finds each token's stack. Throws {@link CatalogRefused}. The same catalog always gives the same bytes.
 */
export async function prepare(options: PrepareOptions): Promise<Prepared> {
  const { catalog: folder, localEndpoint, isFrozen = false, registry = ownRegistry } = options;
  const place: Place = { account: options.account, region: options.region, otherAccounts: options.otherAccounts ?? [] };
  if (localEndpoint !== undefined) assertLoopback(localEndpoint);
  const { catalog, problems } = await loadCatalog(folder, registry, {
    place,
    // What is deployed against an emulator may name addresses of the machine that it runs on.
    ...(localEndpoint === undefined ? {} : { loopback: {} }),
  });
  const { kept, problem: unreadable } = readStacks(folder);
  if (catalog === undefined || unreadable !== undefined)
    throw new CatalogRefused(sortProblems([...problems, ...(unreadable ? [unreadable] : [])]));
  const stacks = assignStacks(
    kept,
    catalog.entries.map(({ token }) => token.name),
  );
  const stale = keepStacks(folder, stacks, isFrozen);
  if (stale !== undefined) throw new CatalogRefused([stale]);

  const staging = options.stagingFolder ?? temporaryFolder();
  const codeFolder = options.codeFolder ?? join(staging, 'code');
  if (options.codeFolder === undefined) await bundleHandlers(codeFolder, bundleOptions(options));
  const write = (name: string, content: unknown) => {
    const into = join(staging, name);
    mkdirSync(join(into, 'keyturn'), { recursive: true });
    writeFileSync(join(into, 'keyturn', 'catalog.json'), JSON.stringify(content));
    return into;
  };
  const directory = compileDirectory(catalog);
  return {
    catalog,
    codeFolder,
    catalogFolders: new Map(providersOf(catalog).map((name) => [name, write(`catalog-${name}`, compileFor(catalog, name))])),
    indexFolder: write('index', compileIndex(catalog)),
    directory,
    directoryFolder: write('directory', directory),
    wholeFolder: write('whole', compileWhole(catalog)),
    stacks,
    warnings: problems,
    ...(localEndpoint === undefined ? {} : { localEndpoint }),
  };
}

function bundleOptions({ localEndpoint, mapsFolder }: PrepareOptions): BundleOptions {
  const local = localEndpoint && {
    awsEndpoint: localEndpoint.url,
    loopback: localEndpoint.hosts ?? {},
    ...(localEndpoint.stateFolder === undefined ? {} : { stateFolder: localEndpoint.stateFolder }),
  };
  return { ...(local === undefined ? {} : { local }), ...(mapsFolder === undefined ? {} : { mapsFolder }) };
}

const temporaryFolders: string[] = [];

function temporaryFolder(): string {
  if (temporaryFolders.length === 0) {
    process.once('exit', () => {
      for (const folder of temporaryFolders) rmSync(folder, { recursive: true, force: true });
    });
  }
  const folder = mkdtempSync(join(tmpdir(), 'keyturn-synth-'));
  temporaryFolders.push(folder);
  return folder;
}
