import { describe, expect, it } from 'vitest';
import { formatProblems } from '../../lib/catalog/format-problems.ts';
import { check, sound, token } from './lantern.ts';

describe('problems for a terminal', () => {
  it('show the place, the line with a caret, and what to write', async () => {
    const text = token.replace('owner: ada-lovelace', 'owner: ada-lovelac').replace('project: shop', 'projct: shop');
    const { problems } = await check({ ...sound, 'publish.yaml': text });

    expect(formatProblems(problems, { colour: false })).toBe(`publish.yaml:3:8 error: keyturn.yaml has no person "ada-lovelac".
  3 | owner: ada-lovelac
    |        ^
  fix: Did you mean \`ada-lovelace\`?

publish.yaml:11:10 error: There is no field \`scope.projct\`.
  11 | scope: { projct: shop }
     |          ^
  fix: Did you mean \`project\`?

2 errors in 1 file.
`);
  });

  it('count errors and warnings', async () => {
    const text = `${token.replace('secret: build', 'sekret: build')}runbook: q9Zk3RrW8xJm2LsD5fG9aB1cE7uhYpcQ\n`;
    const { problems } = await check({ ...sound, 'publish.yaml': text });

    expect(formatProblems(problems, { colour: false })).toMatch(/\n1 error and 1 warning in 1 file\.\n$/);
  });

  it('have colours only when they are asked for', async () => {
    const { problems } = await check({ 'publish.yaml': token });

    expect(formatProblems(problems, { colour: true })).toContain('\u001b[31merror');
    expect(formatProblems(problems, { colour: false })).not.toContain('\u001b');
  });

  it('are nothing where there are none', () => {
    expect(formatProblems([], { colour: true })).toBe('');
  });

  it('make harmless what stands in a file, and keep the caret in its place', async () => {
    const text = token.replace('owner: ada-lovelace', '"\u202e": { owner: "\u001b[31m" }');
    const { problems } = await check({ ...sound, 'publish.yaml': text });

    const output = formatProblems(problems, { colour: false });

    expect(output).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    expect(output).toContain('\\u{202e}');
  });

  it('show of a long line only what is around the place', async () => {
    const text = token.replace(
      'scope: { project: shop }',
      `scope: { ${'project: shop, '.repeat(1)}note: ${'many words '.repeat(30)}}`,
    );
    const { problems } = await check({ ...sound, 'publish.yaml': text });

    const [problem] = problems;
    expect(problem?.excerpt?.text.length).toBeLessThanOrEqual(110);
    expect(problem?.excerpt?.text.slice(problem.excerpt.column)).toMatch(/^note: many/);
  });
});
