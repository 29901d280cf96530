// `npm run new` begins a plug-in: what it writes is sound TypeScript, says nothing untrue, and is refused until somebody has written the rest.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import type { ConformanceCheck } from '../../lib/testing/conformance/check.ts';
import { dependentConformance } from '../../lib/testing/conformance/dependent.ts';
import { rotatorConformance } from '../../lib/testing/conformance/rotator.ts';
import type { DependentFakeFactory, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { scaffold } from '../../scripts/new.ts';
import { root, run } from '../checkout.ts';

const longest = `harbour-${'x'.repeat(32)}`;
const names = ['a', 'harbour-office', longest];
let folder = '';

// Inside the repository, so that imports find the dependencies, and where git does not look.
beforeAll(() => {
  mkdirSync(join(root, '.keyturn'), { recursive: true });
  folder = mkdtempSync(join(root, '.keyturn/new-'));
  symlinkSync(join(root, 'lib'), join(folder, 'lib'));
  writeFileSync(join(folder, 'tsconfig.json'), '{ "extends": "../../tsconfig.json", "include": ["rotators", "dependents"] }');
  for (const sort of ['rotator', 'dependent']) for (const name of names) scaffold(folder, sort, name);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it('writes three files under the name that was given', () => {
  expect(readdirSync(join(folder, 'rotators')).sort()).toEqual([...names].sort());
  expect(readdirSync(join(folder, 'dependents/harbour-office')).sort()).toEqual(['facts.ts', 'fake.ts', 'index.ts']);
  const text = readFileSync(join(folder, 'rotators/harbour-office/index.ts'), 'utf8');
  expect(text).toContain('export const harbourOffice: Rotator<');
  expect(text).not.toMatch(/made-?up/i);
});

it('writes what the compiler and Biome take as it stands, whatever its name', () => {
  const node = (...args: readonly string[]) =>
    execFileSync(process.execPath, args, { cwd: root, encoding: 'utf8', stdio: 'pipe' });

  expect(node('node_modules/typescript/bin/tsc', '-p', folder)).toBe('');
  node(
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--error-on-warnings',
    '--vcs-use-ignore-file=false',
    join(folder, 'rotators'),
  );
  node(
    'node_modules/@biomejs/biome/bin/biome',
    'check',
    '--error-on-warnings',
    '--vcs-use-ignore-file=false',
    join(folder, 'dependents'),
  );
});

describe('is refused by the suite', () => {
  it('as a rotator: nothing is known, and each method says that it is not written yet', async () => {
    const { harbourOffice } = (await import(join(folder, 'rotators/harbour-office/index.ts'))) as { harbourOffice: AnyRotator };
    const { fake } = (await import(join(folder, 'rotators/harbour-office/fake.ts'))) as { fake: RotatorFakeFactory };

    const refused = await refusedBy(rotatorConformance(harbourOffice, fake));

    expect(refused.passed).toEqual(['refuses a scope and an authority that are not of its shape']);
    expect(
      refused.why.get('says where each fact comes from, what to do by hand, and what to do if all else fails'),
    ).toBeDefined();
    expect(refused.why.get('mints a token that works and that its ref names')).toBe('harbour-office: mint is not written yet');
  });

  it('as a dependent, likewise', async () => {
    const { harbourOffice } = (await import(join(folder, 'dependents/harbour-office/index.ts'))) as {
      harbourOffice: AnyDependent;
    };
    const { fake } = (await import(join(folder, 'dependents/harbour-office/fake.ts'))) as { fake: DependentFakeFactory };

    const refused = await refusedBy(dependentConformance(harbourOffice, fake));

    expect(refused.passed).toEqual(['refuses a target and an authority that are not of its shape']);
    expect(refused.why.get('is absent at first, as far as it can tell, and looking changes nothing')).toBe(
      'harbour-office: read is not written yet',
    );
  });
});

it.each([
  ['no name', 'rotator', ''],
  ['no sort', undefined, undefined],
  ['another sort', 'consumer', 'harbour'],
  ['an upper case letter', 'rotator', 'Harbour'],
  ['a way out of the folder', 'rotator', '../harbour'],
  ['a name that begins with a digit', 'rotator', '2fa'],
  ['two hyphens in a row', 'rotator', 'har--bour'],
  ['a name that is too long', 'rotator', `${longest}x`],
  ['a word of JavaScript', 'rotator', 'delete'],
  ['a word that the plug-in uses itself', 'dependent', 'target'],
  ['the same in camel case', 'rotator', 'secret-text'],
  ['what is there already', 'rotator', 'harbour-office'],
])('refuses %s and writes nothing', (_what, sort, name) => {
  const before = readdirSync(folder, { recursive: true });

  const outcome = scaffold(folder, sort, name);

  expect(outcome).toHaveProperty('refused', expect.stringMatching(/^\S.*\.$/s));
  expect(readdirSync(folder, { recursive: true })).toEqual(before);
});

it('says on the command line what is wrong, and fails', async () => {
  const { code, out } = await run('npm run --silent new -- rotator sendgrid', root);

  expect(code).toBe(1);
  expect(out).toBe('rotators/sendgrid is there already, and nothing was written: choose another name.\n');
  expect(existsSync(join(root, 'rotators/sendgrid/index.ts'))).toBe(true);
});

async function refusedBy(checks: readonly ConformanceCheck[]) {
  const passed: string[] = [];
  const why = new Map<string, string>();
  for (const { name, run } of checks.filter(({ skip }) => skip === undefined)) {
    await run().then(
      () => passed.push(name),
      (error: Error) => why.set(name, error.message),
    );
  }
  return { passed, why };
}
