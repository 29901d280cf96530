import * as z from 'zod';
import type { CatalogRegistry } from './catalog.ts';
import { sharedFields, tokenFields } from './fields.ts';
import { accepts } from './read-fields.ts';

export type JsonSchema = Readonly<Record<string, unknown>>;

/**
 * JSON Schemas (draft 7, which every editor knows) for a token's file and for keyturn.yaml. The scope follows from the provider, and each
 * target from its kind. The same plug-ins always give the same document.
 */
export async function jsonSchemas(
  registry: CatalogRegistry,
): Promise<{ readonly token: JsonSchema; readonly catalog: JsonSchema }> {
  const providers: JsonSchema[] = [];
  for (const name of [...registry.rotatorNames].sort()) {
    const rotator = await registry.rotator(name);
    if (rotator === undefined) continue;
    const required = [...neededUnless(rotator.scope, 'scope'), ...neededUnless(rotator.authority, 'authority')];
    providers.push(where('provider', name, { scope: describe(jsonSchemaOf(rotator.scope), rotator.facts.title) }, required));
  }
  const kinds: JsonSchema[] = [];
  for (const name of [...registry.dependentNames].sort()) {
    const plugin = await registry.dependent(name);
    if (plugin === undefined) continue;
    const required = [...neededUnless(plugin.target, 'target'), ...neededUnless(plugin.authority, 'authority')];
    kinds.push(where('kind', name, { target: describe(jsonSchemaOf(plugin.target), plugin.facts.title) }, required));
  }

  const token = jsonSchemaOf(tokenFields) as unknown as TokenDocument;
  const { properties } = token;
  const { items } = properties.dependents;
  return {
    token: {
      ...heading('A token in the catalog of Keyturn'),
      ...token,
      properties: {
        ...properties,
        provider: withNames(properties.provider, registry.rotatorNames),
        dependents: {
          ...properties.dependents,
          items: {
            ...items,
            properties: { ...items.properties, kind: withNames(items.properties.kind, registry.dependentNames) },
            ...(kinds.length === 0 ? {} : { allOf: kinds }),
          },
        },
      },
      ...(providers.length === 0 ? {} : { allOf: providers }),
    },
    catalog: { ...heading('keyturn.yaml: people, teams and defaults of a catalog'), ...jsonSchemaOf(sharedFields) },
  };
}

interface TokenDocument {
  readonly properties: {
    readonly provider: JsonSchema;
    readonly dependents: { readonly items: { readonly properties: { readonly kind: JsonSchema } } };
  };
}

function heading(title: string): JsonSchema {
  return { $schema: 'http://json-schema.org/draft-07/schema#', title };
}

/** What may be written into the catalog for a schema, as a JSON Schema (draft 7). */
export function jsonSchemaOf(schema: z.ZodType): JsonSchema {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      // Marks between a plug-in and the catalog's checks, which say nothing to an editor.
      delete jsonSchema['identifier'];
      delete jsonSchema['principal'];
      // How JavaScript counts is no limit that anybody should read.
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
    },
  });
  return rest;
}

function where(field: string, name: string, properties: JsonSchema, required: readonly string[]): JsonSchema {
  return {
    if: { properties: { [field]: { const: name } }, required: [field] },
    // biome-ignore lint/suspicious/noThenProperty: JSON Schema's word.
    then: { properties, ...(required.length === 0 ? {} : { required }) },
  };
}

function neededUnless(schema: z.ZodType, field: string): readonly string[] {
  return accepts(schema, {}) ? [] : [field];
}

function describe(schema: JsonSchema, title: string): JsonSchema {
  return { title, ...schema };
}

function withNames({ pattern: _, maxLength: __, ...schema }: JsonSchema, names: readonly string[]): JsonSchema {
  return names.length === 0 ? schema : { ...schema, enum: [...names].sort() };
}
