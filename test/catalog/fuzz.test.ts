import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../lib/catalog/format-problems.ts';
import { looksPasted } from '../../lib/catalog/pasted-secret.ts';
import { check, shared, sound, token } from './lantern.ts';

// Goal: nothing that stands in a file makes the check throw, end in a fault of its own, or show what looks like a secret.
// Method: random bytes, random YAML, random fields and values, and secrets put in place of anything in a sound catalog.

describe('the check of a catalog', () => {
  it('survives any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, isShared) => {
        await survives({ ...sound, [isShared ? 'keyturn.yaml' : 'publish.yaml']: bytes });
      }),
      { numRuns: 100 },
    );
  });

  it('survives anything that looks like YAML', async () => {
    const pieces = [
      ...[
        'a',
        'owner',
        'schedule',
        '__proto__',
        'constructor',
        '<<',
        '1',
        '0x1f',
        'true',
        'null',
        '~',
        '2026-01-01',
        '.inf',
        '\u202e',
      ],
      ...[
        ': ',
        ':',
        '- ',
        '? ',
        '\n',
        '\n  ',
        '\n    ',
        '\t',
        ', ',
        '[',
        ']',
        '{',
        '}',
        '"',
        "'",
        '#',
        ' #',
        '&a ',
        '*a',
        '!t ',
        '!!binary ',
      ],
      ...['|', '>', '|-\n  ', '---\n', '...\n', '%YAML 1.1\n', '\\', '\\u', '\r', '\0', '\ufeff', '@', '`', '%', 'é', '🔑'],
    ];
    const yaml = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((each) => each.join(''));
    await fc.assert(
      fc.asyncProperty(yaml, fc.constantFrom('', token, shared), fc.boolean(), async (text, before, isShared) => {
        await survives({ ...sound, [isShared ? 'keyturn.yaml' : 'publish.yaml']: before + text });
      }),
      { numRuns: 150 },
    );
  });

  it('survives any value in any field', async () => {
    const names = [
      ...[
        'description',
        'owner',
        'backup',
        'team',
        'account',
        'provider',
        'scope',
        'authority',
        'secret',
        'value',
        'mode',
        'schedule',
      ],
      ...[
        'expect',
        'dependents',
        'consumers',
        'checks',
        'people',
        'teams',
        'defaults',
        'version',
        'name',
        'kind',
        'target',
        'copies',
      ],
      ...[
        'fields',
        'format',
        'cron',
        'everyDays',
        'windowHours',
        'cacheHours',
        'overlapHours',
        'part',
        'members',
        'left',
        'constructor',
      ],
      ...['toString', 'hasOwnProperty', 'length', 'project', 'url', ''],
    ];
    const words = [
      'lantern',
      'torch',
      'candle',
      'broken',
      'bell',
      'drawer',
      'json',
      'ada-lovelace',
      'toString',
      '0 8 1 * ? *',
      '0 0 31 2 ? *',
    ];
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4, withCrossShrink: true },
        fc.oneof(fc.constantFrom(...words, null, true, 0, -1, 1e9, 0.5), fc.string(), fc.double()),
        fc.array(tie('tree'), { maxLength: 4 }),
        fc.dictionary(fc.constantFrom(...names), tie('tree'), { maxKeys: 8 }),
      ),
    }));
    const document = fc.dictionary(fc.constantFrom(...names), tree, { minKeys: 1, maxKeys: 14 });
    await fc.assert(
      fc.asyncProperty(document, fc.boolean(), async (value, isShared) => {
        await survives({ ...sound, [isShared ? 'keyturn.yaml' : 'publish.yaml']: JSON.stringify(value) });
      }),
      { numRuns: 100 },
    );
  });

  it('never shows what looks like a secret, wherever it was pasted', async () => {
    const places = [...token.matchAll(/[^\s{}:]+/g), ...shared.matchAll(/[^\s{}:]+/g)].length;
    const forms = fc.constantFrom(
      ...[
        '$',
        '"$"',
        "'$'",
        '[$',
        '[$, $]',
        '{ a: $ }',
        '{ $: a }',
        '$: a',
        'see $ here',
        'https://example.com/$',
        '"https://example.com/?key=$"',
      ],
      ...['*$', '&$ x', '!$ x', '!<$> x', '# $', '"$', '@$', '$\n\t$', '|\n  $\n  $', '"\\$"', 'x: $: y', '%$'],
    );
    await fc.assert(
      fc.asyncProperty(secrets, fc.nat({ max: places - 1 }), forms, async (secret, place, form) => {
        fc.pre(looksPasted(secret) !== undefined);
        const text = form.replaceAll('$', () => secret);
        let index = 0;
        const put = (file: string) => file.replace(/[^\s{}:]+/g, (word) => (index++ === place ? text : word));

        const output = await survives({ 'publish.yaml': put(token), 'keyturn.yaml': put(shared) });

        expect(windows(secret).filter((window) => output.includes(window))).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });
});

const base62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const drawn = (alphabet: string, minLength: number, maxLength: number) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength, maxLength });
const secrets = fc.oneof(
  fc
    .tuple(fc.constantFrom('ghp_', 'npm_', 'glpat-', 'sk_live_', 'xoxb-', 'canary-', 'hvs.'), drawn(base62, 20, 40))
    .map((parts) => parts.join('')),
  drawn(base62, 24, 64),
  drawn(`${base62}+/`, 40, 64),
  drawn(`${base62}-_`, 40, 64),
  drawn('0123456789abcdef', 24, 64),
);

function windows(secret: string): readonly string[] {
  return Array.from({ length: secret.length - 11 }, (_, index) => secret.slice(index, index + 12));
}

async function survives(files: Parameters<typeof check>[0]): Promise<string> {
  const { problems, catalog } = await check(files);

  const output = JSON.stringify(problems) + formatProblems(problems, { colour: false });
  expect(problems.filter(({ code }) => code === 'internal')).toEqual([]);
  expect(catalog === undefined).toBe(problems.some(({ severity }) => severity === 'error'));
  expect(output).not.toMatch(/(?!\n)\p{Cc}|\p{Cf}|\p{Cs}|hunter2/u);
  const lines = new Map(Object.entries(files).map(([file, content]) => [file, linesOf(content)]));
  const misplaced = problems.filter(({ file, line, column }) => {
    const text = lines.get(file)?.[line - 1] ?? (line === 1 ? '' : undefined);
    return text === undefined || column < 1 || column > text.length + 1;
  });
  expect(misplaced).toEqual([]);
  expect(problems.filter(({ message, fix }) => !message.endsWith('.') || !/[.?]$/.test(fix))).toEqual([]);
  return output;
}

function linesOf(content: string | Uint8Array): readonly string[] {
  return new TextDecoder().decode(Buffer.from(content as string)).split('\n');
}
