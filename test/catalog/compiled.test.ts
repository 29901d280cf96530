import { build } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { compileDirectory, compileFor, compileIndex, providersOf } from '../../lib/catalog/compile.ts';
import { parseCompiled, parseCompiledIndex, parseDirectory, tokenOfArn } from '../../lib/catalog/compiled.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { check, other, shared, sound, token } from './lantern.ts';

const full = `${token}value: { format: json, fields: { value: TOKEN, keyId: KEY } }
exclusive: false
expect: { scopes: [publish], expiresAfterDays: 80 }
dependents:
  - { name: a bell, kind: bell, target: { url: https://lantern.example.com }, authority: keyturn/bell }
  - name: a drawer
    kind: drawer
    target: { secret: copy }
    via: arn:aws:iam::123456789012:role/x
    copies: { part: keyId }
    onForeign: adopt
checks: [{ name: it works, url: https://lantern.example.com/me, header: X-Key, prefix: "", expectStatus: [200, 204] }]
runbook: Ring twice.
`;
const candle = token
  .replace('provider: lantern\nscope: { project: shop }', 'provider: candle')
  .replace('build/lantern', 'build/candle');

async function catalogOf(files: Parameters<typeof check>[0]) {
  const { catalog, problems } = await check(files);
  if (catalog === undefined) throw new Error(JSON.stringify(problems));
  return catalog;
}

describe('the document of one provider', () => {
  it('comes back from JSON as it was, with the tokens of this provider only and nobody’s name', async () => {
    const catalog = await catalogOf({ ...sound, 'publish.yaml': full, 'second.yaml': other, 'wax.yaml': candle });

    const compiled = compileFor(catalog, 'lantern');
    const text = JSON.stringify(compiled);

    expect(parseCompiled(text)).toEqual(compiled);
    expect(parseCompiled(JSON.parse(text))).toEqual(compiled);
    expect(compiled.tokens).toEqual(catalog.entries.slice(0, 2).map((entry) => entry.token));
    expect(text).not.toMatch(/ada|grace|platform|Ring twice|safe/);
    expect(providersOf(catalog)).toEqual(['candle', 'lantern']);
  });

  it('does not change when another provider’s token does', async () => {
    const before = await catalogOf({ ...sound, 'wax.yaml': candle });
    const after = await catalogOf({ 'wax.yaml': `${candle}overlapHours: 1\n`, ...sound });

    expect(JSON.stringify(compileFor(after, 'lantern'))).toBe(JSON.stringify(compileFor(before, 'lantern')));
    expect(JSON.stringify(compileFor(after, 'candle'))).not.toBe(JSON.stringify(compileFor(before, 'candle')));
  });

  it('holds for the reconciler what it needs to plan', async () => {
    const index = compileIndex(await catalogOf({ ...sound, 'publish.yaml': `${full}team: platform\n` }));

    expect(parseCompiledIndex(JSON.stringify(index))).toEqual(index);
    expect(index.tokens).toEqual([
      {
        name: 'publish',
        provider: 'lantern',
        secret: 'build/lantern',
        authority: 'keyturn/authorities/lantern',
        mode: 'retire',
        overlapHours: 24,
        schedule: { everyDays: 30 },
        expect: { scopes: ['publish'], expiresAfterDays: 80 },
        isAssisted: false,
        description: 'Lets the build robot publish packages.',
        owner: 'ada-lovelace',
        backup: 'grace-hopper',
        team: 'platform',
      },
    ]);
  });

  it('holds for telling people who there is, by which ways, and nothing of the tokens or for the night', async () => {
    const ways =
      'members: [ada-lovelace], slack: keyturn/slack/platform, ' +
      'webhook: { url: "https://hooks.example.com/in", secret: keyturn/webhooks/platform } }';
    const settings = 'alerts: { escalateHours: { now: 2 }, warnDays: [7, 30, 7], timeZone: Europe/Stockholm }\n';
    const catalog = await catalogOf({
      ...sound,
      'keyturn.yaml': `${shared.replace(/members: .*/, ways)}${settings}`,
      'publish.yaml': `${token}team: platform\n`,
    });

    const directory = compileDirectory(catalog);

    expect(parseDirectory(JSON.stringify(directory))).toEqual(directory);
    expect(Object.keys(directory.people)).toEqual(['ada-lovelace', 'grace-hopper']);
    expect(directory.people['ada-lovelace']).toEqual({ name: 'Ada Lovelace', email: 'ada@example.com' });
    expect(directory.teams['platform']).toMatchObject({
      slack: 'keyturn/slack/platform',
      webhook: { url: 'https://hooks.example.com/in', secret: 'keyturn/webhooks/platform' },
    });
    expect(directory.alerts).toEqual({
      escalateHours: { now: 2, soon: 24 },
      warnDays: [30, 7],
      digestHour: 8,
      timeZone: 'Europe/Stockholm',
    });
    expect(JSON.stringify(directory)).not.toMatch(/build\/lantern|phone|\+44/);
    expect(thrownBy(() => parseDirectory({ ...directory, extra: 1 }))).toMatchObject({ code: 'catalog' });
    expect(thrownBy(() => parseCompiledIndex(directory))).toMatchObject({ code: 'catalog' });
  });

  const bare = { version: 1, provider: 'lantern', hosts: [], teams: {}, tokens: [] };
  it.each([
    ['nothing', undefined],
    ['no JSON', '{"a": ghp_hYpcQqVbTn0Zk3RrW8xJm2LsD5fG9aB1cE7u'],
    ['a list', []],
    ['another version', { ...bare, version: 2 }],
    ['an unknown field', { ...bare, extra: 'ghp_hYpcQqVbTn0Zk3RrW8xJm2LsD5fG9aB1cE7u' }],
    ['half a token', { ...bare, tokens: [{ name: 'publish' }] }],
  ])('is refused as %s, in one of our errors and without an echo', (_, json) => {
    const refusal = thrownBy(() => parseCompiled(json));

    expect(refusal).toBeInstanceOf(RotationError);
    expect(refusal).toMatchObject({ code: 'catalog' });
    expect(JSON.stringify(refusal)).not.toContain('ghp_');
    expect(thrownBy(() => parseCompiledIndex(json))).toMatchObject({ code: 'catalog' });
  });

  it('is refused with a token twice, or of another provider', async () => {
    const compiled = compileFor(await catalogOf(sound), 'lantern');
    const [first] = compiled.tokens;

    expect(thrownBy(() => parseCompiled({ ...compiled, tokens: [first, first] }))).toMatchObject({ code: 'catalog' });
    expect(thrownBy(() => parseCompiled({ ...compiled, provider: 'torch' }))).toMatchObject({ code: 'catalog' });
  });

  it('is read in the Lambda without YAML or plug-ins', async () => {
    const { metafile } = await build({
      entryPoints: ['lib/catalog/compiled.ts'],
      bundle: true,
      write: false,
      metafile: true,
      platform: 'node',
      format: 'esm',
    });

    const packages = new Set(
      Object.keys(metafile.inputs).map((file) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(file)?.[1] ?? 'ours'),
    );
    expect([...packages].sort()).toEqual(['ours', 'zod']);
  });
});

describe('the token of an ARN', () => {
  const arn = (name: string) => `arn:aws:secretsmanager:eu-west-1:123456789012:secret:${name}`;
  const tokens = [{ secret: 'build' }, { secret: 'build-abcdef' }, { secret: arn('whole-XyZ123') }, { secret: 'team/npm+x@1' }];

  it.each([
    ['a name', arn('build-XyZ123'), 'build'],
    ['a name that itself ends in a hyphen and six characters', arn('build-abcdef-XyZ123'), 'build-abcdef'],
    ['a name whose random characters look like the end of another name', arn('build-abcdef'), 'build'],
    ['a whole ARN', arn('whole-XyZ123'), arn('whole-XyZ123')],
    ['signs in a name', arn('team/npm+x@1-XyZ123'), 'team/npm+x@1'],
  ])('is found by %s', (_, full, secret) => {
    expect(tokenOfArn(tokens, full)).toEqual({ secret });
  });

  it.each([
    ['another secret of the same beginning', arn('building-XyZ123')],
    ['the same name with other random characters, where the catalog gives an ARN', arn('whole-AbC456')],
    ['a partial ARN', arn('build')],
    ['a name', 'build'],
    ['another case', arn('Build-XyZ123')],
    ['a line end behind it', `${arn('build-XyZ123')}\n`],
    ['another service', arn('build-XyZ123').replace('secretsmanager', 'ssm')],
  ])('is not found by %s', (_, full) => {
    expect(tokenOfArn(tokens, full)).toBeUndefined();
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
    return undefined;
  } catch (error) {
    return error;
  }
}
