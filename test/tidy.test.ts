// House rules that a machine can see.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { registry } from '../lib/plugin/registry.ts';

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { encoding: 'utf8' })
  .split('\n')
  .filter((file) => file !== '' && existsSync(file));
const sources = tracked.filter((file) => /\.(ts|mjs|cjs)$/.test(file) && !file.includes('.generated.'));
const textOf = (file: string) => readFileSync(file, 'utf8');

it.each(['rotators', 'dependents'])('has three whole files in every folder of %s', (folder) => {
  for (const { name } of readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
    for (const file of ['index.ts', 'facts.ts', 'fake.ts'])
      expect(existsSync(`${folder}/${name}/${file}`), `${folder}/${name}/${file}`).toBe(true);
  }
});

it('has dated facts with sources, under the name of their folder', async () => {
  const plugins = [
    ...(await Promise.all(registry.rotatorNames.map(async (name) => [name, (await registry.rotator(name))?.facts] as const))),
    ...(await Promise.all(registry.dependentNames.map(async (name) => [name, (await registry.dependent(name))?.facts] as const))),
  ];
  expect(plugins.length).toBeGreaterThan(2);
  for (const [name, facts] of plugins) {
    expect(facts?.name).toBe(name);
    expect(facts?.sources.length).toBeGreaterThan(0);
    for (const { checked } of facts?.sources ?? []) expect(checked).toMatch(/^\d{4}-\d{2}-\d{2}$/);
    expect(facts?.proven.length).toBeGreaterThan(0);
  }
});

it('keeps the AWS SDK, the network and the clock out of the engine', () => {
  for (const file of sources.filter((each) => each.startsWith('lib/engine/'))) {
    expect(textOf(file), file).not.toMatch(/@aws-sdk|@smithy|\bfetch\(|Date\.now|node:(?!crypto|util)|from '\.\.\//);
  }
});

it('takes of zod only what is used, because it goes into every function', () => {
  for (const file of sources) expect(textOf(file), file).not.toMatch(/import (type )?\{[^}]*\} from 'zod'/);
});

it('has handlers that only parse and wire', () => {
  for (const file of sources.filter((each) => each.startsWith('lambdas/')))
    expect(textOf(file).split('\n').length, file).toBeLessThanOrEqual(35);
});

it('leaves no marker of unfinished work, and no switch for tests in lib', () => {
  const marker = new RegExp(`\\b(${['TO', 'DO'].join('')}|${['FIX', 'ME'].join('')}|${['XX', 'X'].join('')})\\b`);
  for (const file of sources) expect(textOf(file), file).not.toMatch(marker);
  for (const file of sources.filter((each) => each.startsWith('lib/')))
    expect(textOf(file), file).not.toMatch(/NODE_ENV *===|VITEST/);
});

it('names only files that are there, in every page', () => {
  for (const page of tracked.filter((file) => file.endsWith('.md'))) {
    const folder = page.includes('/') ? page.slice(0, page.lastIndexOf('/') + 1) : '';
    for (const [, target = ''] of textOf(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      expect(existsSync(`${folder}${target}`), `${page} -> ${target}`).toBe(true);
    }
  }
});
