import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import type { FakeAnswer, FakeRequest } from './fake.ts';
import { openApiOf } from './swagger.ts';

/** A request and its answer, as they passed. */
export interface Exchange {
  readonly request: FakeRequest;
  readonly answer: FakeAnswer;
}

/** `unknown`: the document has no such path or method, and may only be cut down. */
export interface Departure {
  readonly kind: 'unknown' | 'request' | 'answer';
  /** One sentence: method, path of the document, and what is wrong. Holds no value of the exchange. */
  readonly says: string;
}

/**
 * Reads a vendor's OpenAPI document (3.0 or 3.1, or Swagger 2.0) once. What comes back judges an exchange: every way in which the request or the answer
 * departs from the document, and nothing where it keeps to it.
 *
 * Vendors' documents are looser than their services, so this is stricter than the document in one thing: a body may hold no member that
 * its schema does not name, unless the schema says that any may be there. It is laxer in another: many documents list no refusals at all,
 * and then a 4xx or 5xx is taken as it is.
 */
export function createOpenApiJudge(document: unknown): (exchange: Exchange) => readonly Departure[] {
  const given = asObject(document);
  const root = given.swagger === '2.0' ? openApiOf(given) : given;
  if (typeof root.openapi !== 'string' || !root.openapi.startsWith('3.')) {
    throw new Error('not an OpenAPI document of version 3, nor one of Swagger 2.0');
  }
  const operations = operationsIn(root);
  const compile = createCompiler(root);

  return ({ request, answer }) => {
    const found = operations.find(({ method, pattern }) => method === request.method && pattern.test(request.path));
    if (found === undefined) {
      const others = operations.filter(({ pattern }) => pattern.test(request.path)).map(({ method }) => method);
      const known = others.length === 0 ? 'the document has no such path' : `the document only has ${others.join(', ')} there`;
      return [{ kind: 'unknown', says: `${request.method} ${request.path}: ${known}` }];
    }
    const where = `${found.method} ${found.template}`;
    return [
      ...judgeRequest(compile, found, request).map((what) => ({ kind: 'request', says: `${where}: ${what}` }) as const),
      ...judgeAnswer(compile, found, answer).map(
        (what) => ({ kind: 'answer', says: `${where} answered ${answer.status}: ${what}` }) as const,
      ),
    ];
  };
}

/** Keeps everything that passes a fake from now on. */
export function record(fake: { handle(request: FakeRequest): FakeAnswer }): readonly Exchange[] {
  const exchanges: Exchange[] = [];
  const handle = fake.handle.bind(fake);
  fake.handle = (request) => {
    const answer = handle(request);
    exchanges.push({ request, answer });
    return answer;
  };
  return exchanges;
}

// ---------------------------------------------------------------------------------------------------------------- judging

interface Operation {
  readonly method: string;
  readonly template: string;
  readonly pattern: RegExp;
  readonly parameters: readonly Json[];
  readonly body: Json | undefined;
  readonly responses: Json;
}

function judgeRequest(compile: Compiler, operation: Operation, request: FakeRequest): readonly string[] {
  const inPath = operation.pattern.exec(request.path)?.groups ?? {};
  const given: Readonly<Record<string, Readonly<Record<string, string | undefined>>>> = {
    path: Object.fromEntries(Object.entries(inPath).map(([key, value]) => [key, decodeURIComponent(value ?? '')])),
    query: request.query,
    header: request.headers,
  };
  const named = operation.parameters.map((parameter, index) => {
    const place = String(parameter.in);
    const name = place === 'path' ? groupName(String(parameter.name)) : String(parameter.name);
    return { parameter, index, place, name: place === 'header' ? name.toLowerCase() : name };
  });
  const faults = named.flatMap(({ parameter, index, place, name }) => {
    const isStandard = place === 'header' && ['accept', 'content-type', 'authorization'].includes(name);
    if (isStandard || given[place] === undefined) return [];
    const value = given[place][name];
    const subject = `the ${place} parameter \`${parameter.name}\``;
    if (value === undefined) return parameter.required === true ? [`${subject} is missing`] : [];
    const schema = parameter.schema;
    if (!isObject(schema)) return [];
    const check = compile(schema, {
      key: `${operation.method} ${operation.template} parameter ${index}`,
      side: 'request',
      isText: true,
    });
    const typed = compile.resolve(schema).type === 'array' ? value.split(',') : value;
    return failures(check, typed).map((what) => `${subject} ${what}`);
  });
  const knownQuery = named.filter(({ place }) => place === 'query').map(({ name }) => name);
  const strange = Object.keys(request.query).filter((name) => !knownQuery.includes(name));
  return [
    ...faults,
    ...strange.map((name) => `the query parameter \`${name}\` is not in the document`),
    ...judgeRequestBody(compile, operation, request),
  ];
}

function judgeRequestBody(compile: Compiler, operation: Operation, request: FakeRequest): readonly string[] {
  const isSent = request.body !== '';
  if (operation.body === undefined) return isSent ? ['the request has a body, and the document has none'] : [];
  if (!isSent) return operation.body.required === true ? ['the request has no body'] : [];
  const type = request.headers['content-type'] ?? '';
  const content = asObject(operation.body.content);
  const media = mediaFor(content, type);
  if (media === undefined) return [`the request is ${type || 'of no type'}, and the document takes ${listed(content)}`];
  if (!isObject(media.schema)) return [];
  const isForm = isType(type, /^application\/x-www-form-urlencoded$/);
  if (!isForm && !isType(type, jsonType)) return [];
  const body = isForm ? Object.fromEntries(new URLSearchParams(request.body)) : parsed(request.body);
  if (body === undefined) return ['the request body is not JSON'];
  const key = `${operation.method} ${operation.template} body ${type}`;
  return failures(compile(media.schema, { key, side: 'request', isText: isForm }), body).map(
    (what) => `the request body ${what}`,
  );
}

function judgeAnswer(compile: Compiler, operation: Operation, { status, body, headers = {} }: FakeAnswer): readonly string[] {
  const { responses } = operation;
  const listedKey = [String(status), `${Math.floor(status / 100)}XX`, 'default'].find((key) => isObject(responses[key]));
  if (listedKey === undefined) {
    const listsRefusals = Object.keys(responses).some((key) => /^[45]/.test(key));
    return status >= 400 && !listsRefusals ? [] : [`the document only has ${Object.keys(responses).join(', ')}`];
  }
  const response = compile.resolve(asObject(responses[listedKey]));
  const faults = Object.entries(asObject(response.headers)).flatMap(([name, header]) =>
    asObject(header).required === true && headerIn(headers, name) === undefined ? [`the header \`${name}\` is missing`] : [],
  );
  const content = asObject(response.content);
  const isDescribed = Object.keys(content).length > 0;
  if (body === undefined) return isDescribed ? [...faults, 'there is no body'] : faults;
  if (!isDescribed) return [...faults, 'there is a body, and the document has none'];
  const type = headerIn(headers, 'content-type') ?? (typeof body === 'string' ? 'text/html' : 'application/json');
  const media = mediaFor(content, type);
  if (media === undefined) return [...faults, `it is ${type}, and the document has ${listed(content)}`];
  if (!isObject(media.schema) || !isType(type, jsonType)) return faults;
  const value: unknown = typeof body === 'string' ? parsed(body) : JSON.parse(JSON.stringify(body));
  const key = `${operation.method} ${operation.template} answer ${listedKey} ${type}`;
  return [...faults, ...failures(compile(media.schema, { key, side: 'answer' }), value).map((what) => `the body ${what}`)];
}

/** What ajv found, each once, without any value. */
function failures(check: ValidateFunction, value: unknown): readonly string[] {
  // A copy, because a check of texts turns them into numbers in place.
  if (check(structuredClone(value))) return [];
  return [...new Set((check.errors ?? []).map(wording))];
}

function wording({ instancePath, keyword, message = '', params }: ErrorObject): string {
  const at = instancePath === '' ? '' : `at ${instancePath} `;
  const strange: unknown = params.additionalProperty ?? params.unevaluatedProperty;
  if (strange !== undefined) return `${at}has \`${strange}\`, which is not in the document`;
  if (keyword === 'enum') return `${at}is none of ${(params.allowedValues as readonly unknown[]).join(', ')}`;
  return `${at}${message}`;
}

// ---------------------------------------------------------------------------------------------------------------- the document

function operationsIn(root: Json): readonly Operation[] {
  const resolve = createResolver(root);
  const prefixes = serverPaths(root);
  const operations = Object.entries(asObject(root.paths)).flatMap(([template, entry]) => {
    const item = resolve(asObject(entry));
    return methods.flatMap((method) => {
      const operation = item[method];
      if (!isObject(operation)) return [];
      const parameters = new Map(
        [...asList(item.parameters), ...asList(operation.parameters)].map((each) => {
          const parameter = resolve(asObject(each));
          return [`${parameter.in} ${parameter.name}`, parameter] as const;
        }),
      );
      return prefixes.map((prefix) => ({
        method: method.toUpperCase(),
        template,
        pattern: patternOf(`${prefix}${template}`),
        parameters: [...parameters.values()],
        body: isObject(operation.requestBody) ? resolve(operation.requestBody) : undefined,
        responses: asObject(operation.responses),
      }));
    });
  });
  // `/secrets/public-key` is not the secret of that name: what is written out wins over a parameter.
  return operations.sort((a, b) => parametersIn(a.template) - parametersIn(b.template));
}

const methods = ['get', 'put', 'post', 'delete', 'patch', 'head'] as const;

/** The paths of the base addresses: `/v1` of `https://api.example.com/v1/`. */
function serverPaths(root: Json): readonly string[] {
  const urls = asList(root.servers).map((server) => String(asObject(server).url));
  const paths = urls.map((url) => url.replace(/^([a-z{}]+:)?\/\/[^/]+|^\{[^}]+\}/i, '').replace(/\/+$/, ''));
  return paths.length === 0 ? [''] : [...new Set(paths)];
}

function patternOf(template: string): RegExp {
  const parts = template.split(/(\{[^}]+\})/).map((part) => {
    const [, name] = /^\{(.+)\}$/.exec(part) ?? [];
    return name === undefined ? part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&') : `(?<${groupName(name)}>[^/]+)`;
  });
  return new RegExp(`^${parts.join('')}$`);
}

/** A parameter's name as a regular expression can hold it. */
function groupName(name: string): string {
  return `p_${name.replace(/[^A-Za-z0-9_]/g, (character) => `$${character.charCodeAt(0)}`)}`;
}

function parametersIn(template: string): number {
  return template.split('{').length;
}

function mediaFor(content: Json, type: string): Json | undefined {
  const bare = bareType(type);
  const [family] = bare.split('/');
  const key = Object.keys(content).find((each) => [bare, `${family}/*`, '*/*'].includes(bareType(each)));
  return key === undefined ? undefined : asObject(content[key]);
}

const jsonType = /^application\/([a-z0-9.+-]+\+)?json$/;

function isType(type: string, wanted: RegExp): boolean {
  return wanted.test(bareType(type));
}

function bareType(type: string): string {
  return (type.split(';')[0] ?? '').trim().toLowerCase();
}

// ---------------------------------------------------------------------------------------------------------------- schemas

type Side = 'request' | 'answer';

interface Compiler {
  /** `isText` for what is written as text everywhere: parameters and forms. */
  (schema: Json, options: { key: string; side: Side; isText?: boolean }): ValidateFunction;
  /** Follows references. */
  resolve(node: Json): Json;
}

/** Compiles each schema once, and the document's own for both sides: what only one side may hold is not asked of the other. */
function createCompiler(root: Json): Compiler {
  const resolve = createResolver(root);
  const checks = new Map<string, ValidateFunction>();
  const ajvs = new Map<string, Ajv2020>();
  const ajvFor = (side: Side, isText: boolean) => {
    const key = `${side} ${isText}`;
    const known = ajvs.get(key);
    if (known !== undefined) return known;
    const ajv = new Ajv2020({
      strict: false,
      allErrors: true,
      validateSchema: false,
      logger: false,
      formats,
      coerceTypes: isText,
      unicodeRegExp: false, // many patterns escape what Unicode's do not let one escape
    });
    const schemas = mapValues(asObject(asObject(root.components).schemas), (each) => translated(each, side, resolve));
    ajv.addSchema({ $id: documentId, components: { schemas } });
    ajvs.set(key, ajv);
    return ajv;
  };
  const compile = (schema: Json, { key, side, isText = false }: Parameters<Compiler>[1]) => {
    const known = checks.get(key);
    if (known !== undefined) return known;
    const check = ajvFor(side, isText).compile(asObject(closed(schema, side, resolve)));
    checks.set(key, check);
    return check;
  };
  return Object.assign(compile, { resolve });
}

const documentId = 'https://openapi.test/document';

/** OpenAPI's words as JSON Schema says them. A part of `allOf` and its like stays open; what stands for itself is closed. */
function translated(node: unknown, side: Side, resolve: Resolve): unknown {
  if (!isObject(node)) return node;
  // What stands elsewhere than among the schemas is taken in where it is used.
  const isElsewhere = typeof node.$ref === 'string' && /^#\/(?!components\/schemas\/)/.test(node.$ref);
  if (isElsewhere) return translated(resolve(node), side, resolve);
  const { nullable, exclusiveMinimum, exclusiveMaximum, discriminator: _, ...rest } = node;
  const kept = mapEntries(rest, (word, each) => {
    if (word === '$ref') return typeof each === 'string' && each.startsWith('#') ? `${documentId}${each}` : each;
    if (word === 'properties') return mapValues(asObject(each), (one) => closed(one, side, resolve));
    if (word === 'items' || word === 'additionalProperties') return closed(each, side, resolve);
    if (word === 'allOf' || word === 'anyOf' || word === 'oneOf')
      return asList(each).map((one) => translated(one, side, resolve));
    if (word === 'required') return asList(each).filter((name) => !isOthers(node, String(name), side, resolve));
    return each;
  });
  const bounds = { ...limit('Minimum', rest.minimum, exclusiveMinimum), ...limit('Maximum', rest.maximum, exclusiveMaximum) };
  const schema = { ...kept, ...bounds };
  if (nullable !== true) return schema;
  if (typeof rest.type !== 'string' || 'allOf' in rest || '$ref' in rest) return { anyOf: [schema, { type: 'null' }] };
  return { ...schema, type: [rest.type, 'null'], ...(Array.isArray(rest.enum) ? { enum: [...rest.enum, null] } : {}) };
}

function closed(node: unknown, side: Side, resolve: Resolve): unknown {
  const schema = translated(node, side, resolve);
  return isObject(node) && isObject(schema) && namesMembers(node, resolve) ? { unevaluatedProperties: false, ...schema } : schema;
}

/** `readOnly` members belong to answers alone, `writeOnly` ones to requests. */
function isOthers({ properties }: Json, name: string, side: Side, resolve: Resolve): boolean {
  const member = resolve(asObject(asObject(properties)[name]));
  return member[side === 'request' ? 'readOnly' : 'writeOnly'] === true;
}

/** `exclusiveMinimum: true` is 3.0's way, a number 3.1's. */
function limit(which: 'Minimum' | 'Maximum', bound: unknown, exclusive: unknown): Json {
  if (exclusive === true) return { [`exclusive${which}`]: bound };
  return typeof exclusive === 'number' ? { [`exclusive${which}`]: exclusive } : {};
}

/** Whether a schema tells which members there are; one that does not may hold any. */
function namesMembers(schema: Json, resolve: Resolve, depth = 0): boolean {
  const found = resolve(schema);
  const names = (each: unknown) => namesMembers(asObject(each), resolve, depth + 1);
  if (isObject(found.properties)) return true;
  if (depth === 5) return false;
  const choices = [...asList(found.anyOf), ...asList(found.oneOf)];
  return asList(found.allOf).some(names) || (choices.length > 0 && choices.every(names));
}

/** The formats that vendors use and a text can be held to; the others say nothing. */
const formats = {
  'date-time': (text: string) =>
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text) && !Number.isNaN(Date.parse(text)),
  date: /^\d{4}-\d\d-\d\d$/,
  uri: (text: string) => URL.canParse(text),
  url: (text: string) => URL.canParse(text),
  uuid: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  email: /^[^@\s]+@[^@\s]+$/,
} as const;

type Resolve = (node: Json) => Json;

function createResolver(root: Json): Resolve {
  const resolve: Resolve = (node) => {
    if (typeof node.$ref !== 'string' || !node.$ref.startsWith('#/')) return node;
    const steps = node.$ref
      .slice(2)
      .split('/')
      .map((step) => decodeURIComponent(step).replaceAll('~1', '/').replaceAll('~0', '~'));
    const target = steps.reduce<unknown>((at, step) => (at as Record<string, unknown> | undefined)?.[step], root);
    return resolve(asObject(target));
  };
  return resolve;
}

// ---------------------------------------------------------------------------------------------------------------- small things

type Json = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function asObject(value: unknown): Json {
  return isObject(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function mapEntries(object: Json, change: (name: string, value: unknown) => unknown): Json {
  return Object.fromEntries(Object.entries(object).map(([name, value]) => [name, change(name, value)]));
}

function mapValues(object: Json, change: (value: unknown) => unknown): Json {
  return mapEntries(object, (_name, value) => change(value));
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function listed(content: Json): string {
  return Object.keys(content).join(', ') || 'none';
}

function headerIn(headers: Readonly<Record<string, string>>, name: string): string | undefined {
  return Object.entries(headers).find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1];
}
