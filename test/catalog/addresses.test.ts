import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkCatalog } from '../../lib/catalog/load-catalog.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { root } from '../checkout.ts';

// What the http door would refuse at every call is told when the catalog is checked, and not when a rotation fails.

const read = (name: string) => readFileSync(join(root, 'catalog', name), 'utf8');

async function problemsWith(from: string, to: string, options = {}) {
  const text = read('npm-publish.yaml');
  expect(text).toContain(from);
  const files = { 'keyturn.yaml': read('keyturn.yaml'), 'npm-publish.yaml': text.replace(from, to) };
  const list = Object.entries(files).map(([name, content]) => ({ name, file: name, bytes: Buffer.from(content) }));
  const { problems } = await checkCatalog(list, registry, '.', options);
  return problems;
}

const base = 'https://registry.example.com/\n';

it.each([
  ['http://registry.example.com/', /http:\/\/registry\.example\.com is not https/],
  ['https://169.254.169.254/', /link-local/],
  ['https://127.0.0.1/', /loopback/],
  ['https://0x7f000001/', /loopback/],
  ['https://2130706433/', /loopback/],
  ['https://localhost:4873/', /loopback/],
  ['"https://[::1]/"', /loopback/],
  ['"https://[::ffff:169.254.169.254]/"', /link-local/],
  ['https://registry.example.com./', /ends in a dot/],
  ['https://rеgistry.example.com/', /not in ASCII/],
  ['https://registry.example.com/?a=1', /holds a query/],
])('a provider at %s', async (address, why) => {
  const problems = await problemsWith(base, `${address}\n`);

  expect(problems).toMatchObject([{ code: 'address', path: 'scope.registryUrl', line: 23, column: 16, severity: 'error' }]);
  expect(problems[0]?.message).toMatch(/^This address would never be called: .*\.$/);
  expect(problems[0]?.message).toMatch(why);
});

it.each([
  ['https://ci.example.com/hooks', 'http://ci.example.com/hooks', 'dependents[1].target.url'],
  ['https://ci.example.com/hooks', 'https://169.254.169.254/hooks', 'dependents[1].target.url'],
  ['https://registry.example.com/-/whoami', 'https://169.254.169.254/latest', 'checks[0].url'],
])('a call of %s at %s', async (from, to, path) => {
  expect(await problemsWith(from, to)).toMatchObject([{ code: 'address', path }]);
});

it.each(['https://10.0.0.5/', 'https://registry.example.com:8443/npm/', 'https://xn--rgistry-8ya.example.com/'])(
  'but not one that can be called: %s',
  async (address) => {
    expect(await problemsWith(base, `${address}\n`)).toEqual([]);
  },
);

it('nor one on the machine itself, where the catalog is for a laptop', async () => {
  expect(await problemsWith(base, 'http://127.0.0.1:4873\n', { loopback: {} })).toEqual([]);
  expect(await problemsWith(base, 'http://169.254.169.254\n', { loopback: {} })).toMatchObject([{ code: 'address' }]);
});
