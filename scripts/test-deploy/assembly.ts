import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fitTemplate, type Template } from './template.ts';

/** What was done to a synthesised app so that the emulator can take it, by type. */
export interface Fit {
  readonly served: Readonly<Record<string, number>>;
  readonly stripped: Readonly<Record<string, number>>;
}

/**
 * Fits every template of a cloud assembly, in its folder. A changed template gets another key in the bucket, because the CDK does not send what
 * it believes to be there already.
 */
export async function fitAssembly(
  folder: string,
  unknownTypesOf: (template: Template) => Promise<ReadonlySet<string>>,
  servedTypesUrl: string,
): Promise<Fit> {
  const served: Record<string, number> = {};
  const stripped: Record<string, number> = {};
  for (const name of templatesIn(folder)) {
    const file = join(folder, name);
    const template = readTemplate(file);
    const fitted = fitTemplate(template, await unknownTypesOf(template), servedTypesUrl);
    for (const [type, count] of Object.entries(fitted.served)) served[type] = (served[type] ?? 0) + count;
    for (const [type, count] of Object.entries(fitted.stripped)) stripped[type] = (stripped[type] ?? 0) + count;
    const text = JSON.stringify(fitted.template, null, 1);
    writeFileSync(file, text);
    renameKey(folder, name, createHash('sha256').update(text).digest('hex'));
  }
  return { served, stripped };
}

export function templatesIn(folder: string): readonly string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.template.json'))
    .sort();
}

export function readTemplate(file: string): Template {
  return JSON.parse(readFileSync(file, 'utf8')) as Template;
}

function renameKey(folder: string, name: string, hash: string): void {
  const assetsFile = join(folder, name.replace(/\.template\.json$/, '.assets.json'));
  const assets = JSON.parse(readFileSync(assetsFile, 'utf8')) as {
    files: Readonly<Record<string, { source: { path: string } }>>;
  };
  const [before] = Object.entries(assets.files).find(([, { source }]) => basename(source.path) === name) ?? [];
  if (before === undefined)
    throw new Error(`${name} is no asset of its stack, so the CDK would send it in another way than this script knows.`);
  for (const file of [assetsFile, join(folder, 'manifest.json')]) {
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll(`${before}.json`, `${hash}.json`));
  }
}
