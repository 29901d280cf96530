import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchemas } from '../../lib/catalog/json-schemas.ts';
import { loadCatalog } from '../../lib/catalog/load-catalog.ts';
import { registry as real } from '../../lib/plugin/registry.ts';
import { registry, shared, token } from './lantern.ts';

describe('the JSON Schemas', () => {
  it('take what the check takes', async () => {
    const schemas = await jsonSchemas(registry);

    expect(validate(schemas.token, token)).toEqual([]);
    expect(validate(schemas.catalog, shared)).toEqual([]);
  });

  it.each([
    ['an unknown field', `${token}colour: red\n`, 'must NOT have additional properties'],
    ['a missing field', token.replace('owner: ada-lovelace\n', ''), "must have required property 'owner'"],
    ['an unknown provider', token.replace('provider: lantern', 'provider: acme'), 'must be equal to one of the allowed values'],
    ['a scope that is not of its provider', token.replace('project', 'projct'), "must have required property 'project'"],
    [
      'a missing authority',
      token.replace('authority: keyturn/authorities/lantern\n', ''),
      "must have required property 'authority'",
    ],
    ['two schedules', token.replace('everyDays: 30', 'everyDays: 30, everyHours: 8'), 'must match exactly one schema in oneOf'],
    [
      'a target that is not of its kind',
      `${token}dependents: [{ name: a bell, kind: bell, target: { secret: x }, authority: a }]\n`,
      "must have required property 'url'",
    ],
  ])('refuse %s', async (_, text, message) => {
    const schemas = await jsonSchemas(registry);

    expect(validate(schemas.token, text)).toContain(message);
  });

  it('describe every field', async () => {
    const { token: tokenSchema, catalog } = await jsonSchemas({ ...registry, rotatorNames: [], dependentNames: [] });

    expect([...undescribed(tokenSchema), ...undescribed(catalog)]).toEqual(['dependents.items.copies.part']);
  });

  it('are the same document every time, without our own marks', async () => {
    const text = JSON.stringify(await jsonSchemas(registry));

    expect(JSON.stringify(await jsonSchemas(registry))).toBe(text);
    expect(text).not.toMatch(/"(identifier|principal)"/);
  });
});

describe('the example catalog', () => {
  it('has no problems', async () => {
    const { catalog, problems } = await loadCatalog('catalog', real);

    expect(problems).toEqual([]);
    expect(catalog?.entries.map((entry) => entry.token.name)).toContain('npm-publish');
  });

  it('passes the schemas, and names them for editors', async () => {
    const schemas = await jsonSchemas(real);
    const publish = readFileSync('catalog/npm-publish.yaml', 'utf8');
    const people = readFileSync('catalog/keyturn.yaml', 'utf8');

    expect(validate(schemas.token, publish)).toEqual([]);
    expect(validate(schemas.catalog, people)).toEqual([]);
    expect(publish).toMatch(/^# yaml-language-server: \$schema=\.\/schema\/token\.schema\.json\n/);
    expect(people).toMatch(/^# yaml-language-server: \$schema=\.\/schema\/keyturn\.schema\.json\n/);
  });
});

describe('the example of services without code', () => {
  it.each(['lamp-switch', 'gauge-reader', 'crane-seven'])('passes the schemas, and names them for editors: %s', async (name) => {
    const text = readFileSync(`docs/examples/without-code/${name}.yaml`, 'utf8');

    expect(validate((await jsonSchemas(real)).token, text)).toEqual([]);
    expect(text).toMatch(/^# yaml-language-server: \$schema=\.\.\/\.\.\/\.\.\/catalog\/schema\/token\.schema\.json\n/);
  });
});

function validate(schema: object, text: string): readonly (string | undefined)[] {
  const ajv = new Ajv({ strict: true, strictTypes: false, strictRequired: false, validateFormats: false, allErrors: true });
  ajv.validate(schema, parse(text));
  return (ajv.errors ?? []).map(({ message }) => message);
}

/** Paths of properties without a description. */
function* undescribed(schema: object, path: readonly string[] = []): Iterable<string> {
  for (const [name, value] of Object.entries(schema)) {
    if (typeof value !== 'object' || value === null) continue;
    if (name !== 'properties') {
      yield* undescribed(
        value,
        /^(anyOf|items|\d+|additionalProperties)$/.test(name) ? (name === 'items' ? [...path, name] : path) : path,
      );
      continue;
    }
    for (const [field, each] of Object.entries(value as Record<string, { description?: string }>)) {
      if (each.description === undefined) yield [...path, field].join('.');
      yield* undescribed(each, [...path, field]);
    }
  }
}
