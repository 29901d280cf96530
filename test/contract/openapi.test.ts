import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createOpenApiJudge, type Exchange } from '../../lib/testing/openapi.ts';
import { documents } from './documents.ts';

/** An invented vendor, as loose and as old-fashioned as the real ones. */
const lantern = {
  openapi: '3.0.3',
  servers: [{ url: 'https://api.lantern.test/v1/' }, { url: 'https://{region}.lantern.test/v1' }],
  paths: {
    '/keys': {
      parameters: [{ $ref: '#/components/parameters/actsFor' }],
      post: {
        requestBody: { required: true, content: { 'application/json': { schema: { $ref: '#/components/schemas/NewKey' } } } },
        responses: {
          201: {
            headers: { 'x-request-id': { required: true, schema: { type: 'string' } } },
            content: { 'application/json': { schema: { $ref: '#/components/schemas/Key' } } },
          },
          '4XX': { $ref: '#/components/responses/Problem' },
        },
      },
      get: {
        parameters: [
          { name: 'limit', in: 'query', required: true, schema: { type: 'integer', minimum: 0, exclusiveMinimum: true } },
          { name: 'kinds', in: 'query', schema: { type: 'array', items: { enum: ['live', 'dead'] } } },
        ],
        responses: {
          200: {
            content: { 'application/json': { schema: { type: 'object', properties: { any: {} }, additionalProperties: true } } },
          },
        },
      },
    },
    '/keys/public': { get: { responses: { 204: {} } } },
    '/keys/{key-id}': {
      parameters: [{ name: 'key-id', in: 'path', required: true, schema: { type: 'string', format: 'uuid' } }],
      delete: { responses: { 204: {}, 404: { $ref: '#/components/responses/Problem' } } },
    },
    '/login': {
      post: {
        requestBody: {
          content: {
            'application/x-www-form-urlencoded': {
              schema: { type: 'object', required: ['age'], properties: { age: { type: 'integer' } } },
            },
          },
        },
        responses: { default: { content: { 'text/html': {} } } },
      },
    },
  },
  components: {
    parameters: { actsFor: { name: 'Acts-For', in: 'header', schema: { type: 'string', pattern: '^[a-z]+$' } } },
    responses: { Problem: { content: { 'application/json': { schema: { $ref: '#/components/schemas/Problem' } } } } },
    schemas: {
      Base: {
        type: 'object',
        required: ['id', 'name'],
        properties: { id: { type: 'string', readOnly: true }, name: { type: 'string' } },
      },
      NewKey: {
        allOf: [
          { $ref: '#/components/schemas/Base' },
          {
            type: 'object',
            properties: {
              scopes: { type: 'array', items: { type: 'string', enum: ['read', 'write'] } },
              note: { type: 'string', nullable: true },
              owner: { type: 'object', properties: { email: { type: 'string', format: 'email' } } },
            },
          },
        ],
      },
      Key: {
        allOf: [
          { $ref: '#/components/schemas/Base' },
          {
            required: ['value', 'password'],
            properties: {
              value: { type: 'string' },
              password: { type: 'string', writeOnly: true },
              required: { type: 'boolean' },
              at: { type: 'string', format: 'date-time' },
              parent: { nullable: true, allOf: [{ $ref: '#/components/schemas/Base' }] },
            },
          },
        ],
      },
      Problem: {
        type: 'object',
        required: ['message'],
        additionalProperties: false,
        properties: { message: { type: 'string' } },
      },
    },
  },
};

const judge = createOpenApiJudge(lantern);
const issued = { id: 'k1', name: 'ours', value: 'canary-lantern', required: true, at: '2026-11-22T12:00:00Z', parent: null };

describe('an exchange that keeps to the document', () => {
  it.each([
    ['a key is made', exchange({ body: { name: 'ours', note: null, scopes: ['read'] } })],
    ['a key is made for somebody', exchange({ headers: { 'acts-for': 'mailer' } })],
    ['a key is refused', exchange({ answer: { status: 422, body: { message: 'no' } } })],
    ['keys are listed', list({ limit: '3', kinds: 'live,dead' })],
    ['what may be anything is anything', list({ limit: '3' }, { surprise: 1 })],
    ['a name is taken literally before it is taken for a parameter', plain('GET', '/v1/keys/public', { status: 204 })],
    ['a key is ended', plain('DELETE', `/v1/keys/${crypto.randomUUID()}`, { status: 204 })],
    ['a form is sent', form('age=7', { status: 500, body: '<p>' })],
    ['a fault comes where the document lists no refusals', list({ limit: '3' }, 'a fault', 503)],
  ])('has nothing said of it: %s', (_name, each) => {
    expect(judge(each)).toEqual([]);
  });
});

describe('an exchange that departs from the document', () => {
  it.each([
    ['a path that is not there', plain('GET', '/v1/tokens', { status: 200 }), 'unknown', 'no such path'],
    ['a method that is not there', plain('PATCH', '/v1/keys', { status: 200 }), 'unknown', 'only has GET, POST there'],
    ['a base path left out', plain('GET', '/keys/public', { status: 204 }), 'unknown', 'no such path'],
    ['a path parameter of another form', plain('DELETE', '/v1/keys/7', { status: 204 }), 'request', 'path parameter `key-id`'],
    ['a header of another form', exchange({ headers: { 'acts-for': 'N0' } }), 'request', '`Acts-For` must match pattern'],
    ['a query parameter that is missing', list({}), 'request', '`limit` is missing'],
    ['a query parameter of another type', list({ limit: 'three' }), 'request', '`limit` must be integer'],
    ['a query parameter beyond its bound', list({ limit: '0' }), 'request', '`limit` must be > 0'],
    ['a query parameter of no known kind', list({ limit: '3', kinds: 'live,odd' }), 'request', 'none of live, dead'],
    ['a query parameter that is not there', list({ limit: '3', offset: '1' }), 'request', '`offset` is not in the document'],
    ['no body', exchange({ body: undefined }), 'request', 'has no body'],
    ['a body where there is none', plain('DELETE', '/v1/keys/x', { status: 204 }, '{}'), 'request', 'the document has none'],
    ['a body that is no JSON', exchange({ body: 'oops', isText: true }), 'request', 'is not JSON'],
    ['another content type', exchange({ type: 'text/plain' }), 'request', 'is text/plain'],
    ['a member that is missing', exchange({ body: {} }), 'request', "required property 'name'"],
    ['a member of another type', exchange({ body: { name: 7 } }), 'request', 'at /name must be string'],
    ['a member of no known kind', exchange({ body: { name: 'n', scopes: ['admin'] } }), 'request', 'none of read, write'],
    ['a member that is not there', exchange({ body: { name: 'n', scope: [] } }), 'request', 'has `scope`'],
    ['a member that is not there, further in', exchange({ body: { name: 'n', owner: { mail: 'x' } } }), 'request', 'has `mail`'],
    ['a form with another type', form('age=old', { status: 200, body: '<p>' }), 'request', 'at /age must be integer'],
    ['a status that is not listed', exchange({ answer: { status: 200, body: issued } }), 'answer', 'only has 201, 4XX'],
    ['an answer without its body', exchange({ answer: { status: 422 } }), 'answer', 'there is no body'],
    ['an answer with a body', plain('GET', '/v1/keys/public', { status: 204, body: {} }), 'answer', 'the document has none'],
    ['an answer without its header', exchange({ answer: { status: 201, body: issued } }), 'answer', '`x-request-id` is missing'],
    ['an answer of another content type', exchange({ answer: { status: 422, body: '<p>' } }), 'answer', 'it is text/html'],
    ['an answer whose member is missing', made({ value: undefined }), 'answer', "required property 'value'"],
    ['an answer whose time is none', made({ at: 'yesterday' }), 'answer', 'must match format "date-time"'],
    ['an answer with null where none may be', made({ name: null }), 'answer', 'at /name must be string'],
    ['an answer with more than the document has', made({ api_key: 'canary-lantern' }), 'answer', 'has `api_key`'],
    [
      'a refusal with more than is closed',
      exchange({ answer: { status: 401, body: { message: 'no', code: 1 } } }),
      'answer',
      'has `code`',
    ],
  ])('is told: %s', (_name, each, kind, says) => {
    const departures = judge(each);

    expect(departures).toContainEqual({ kind, says: expect.stringContaining(says) });
    expect(JSON.stringify(departures)).not.toContain('canary');
  });
});

it('refuses what is no document of its kind', () => {
  expect(() => createOpenApiJudge({ swagger: '1.2', paths: {} })).toThrow(/version 3/);
});

it('judges by a document of Swagger 2.0 as by one of OpenAPI', () => {
  const older = createOpenApiJudge({
    swagger: '2.0',
    host: 'api.lantern.test',
    basePath: '/v1',
    definitions: { Key: { type: 'object', required: ['id'], properties: { id: { type: 'string', 'x-nullable': true } } } },
    parameters: { limit: { name: 'limit', in: 'query', type: 'integer' } },
    responses: { Problem: { schema: { type: 'object', properties: { message: { type: 'string' } } } } },
    paths: {
      '/keys': {
        parameters: [{ $ref: '#/parameters/limit' }],
        post: {
          parameters: [{ name: 'key', in: 'body', required: true, schema: { $ref: '#/definitions/Key' } }],
          responses: { 201: { schema: { $ref: '#/definitions/Key' } }, default: { $ref: '#/responses/Problem' } },
        },
      },
    },
  });
  const post = (query: Record<string, string>, sent: object | undefined, status: number, body: unknown) =>
    older({
      request: {
        method: 'POST',
        path: '/v1/keys',
        query,
        headers: { 'content-type': 'application/json' },
        body: sent === undefined ? '' : JSON.stringify(sent),
      },
      answer: { status, body },
    }).map(({ says }) => says.replace(/^.*?: /, ''));

  expect(post({ limit: '3' }, { id: 'k1' }, 201, { id: null })).toEqual([]);
  expect(post({ limit: 'all' }, { id: 'k1', note: '' }, 201, {})).toEqual([
    'the query parameter `limit` must be integer',
    'the request body has `note`, which is not in the document',
    "the body must have required property 'id'",
  ]);
  expect(post({}, undefined, 404, { message: 7 })).toEqual(['the request has no body', 'the body at /message must be string']);
});

// Some documents are transcribed by hand, and all are cut down: each schema that can be reached is compiled once.
describe.skipIf(documents === undefined)("can read the vendors' documents", () => {
  for (const file of documents === undefined ? [] : filesIn(documents)) {
    const document = JSON.parse(readFileSync(file, 'utf8'));
    const name = file.slice((documents ?? '').length + 1);
    if (!String(document.openapi).startsWith('3.')) {
      it.skip(`${name} (an older form than OpenAPI 3)`, () => {});
      continue;
    }
    it(name, () => {
      const judgeReal = createOpenApiJudge(document);

      for (const each of exchangesOf(document)) expect(() => judgeReal(each)).not.toThrow();
    });
  }
});

interface Parts {
  readonly body?: unknown;
  readonly isText?: boolean;
  readonly type?: string;
  readonly headers?: Record<string, string>;
  readonly answer?: Exchange['answer'];
}

function exchange(parts: Parts): Exchange {
  const { isText, type = 'application/json', headers = {} } = parts;
  const body = 'body' in parts ? parts.body : { name: 'ours' };
  const text = body === undefined ? '' : isText ? String(body) : JSON.stringify(body);
  const answer = parts.answer ?? { status: 201, body: issued, headers: { 'X-Request-Id': 'r' } };
  return {
    request: { method: 'POST', path: '/v1/keys', query: {}, headers: { 'content-type': type, ...headers }, body: text },
    answer,
  };
}

function made(changes: object): Exchange {
  return exchange({ answer: { status: 201, body: { ...issued, ...changes }, headers: { 'x-request-id': 'r' } } });
}

function plain(method: string, path: string, answer: Exchange['answer'], body = ''): Exchange {
  return { request: { method, path, query: {}, headers: {}, body }, answer };
}

function list(query: Record<string, string>, body: unknown = {}, status = 200): Exchange {
  return { request: { method: 'GET', path: '/v1/keys', query, headers: {}, body: '' }, answer: { status, body } };
}

function form(body: string, answer: Exchange['answer']): Exchange {
  const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' };
  return { request: { method: 'POST', path: '/v1/login', query: {}, headers, body }, answer };
}

function filesIn(folder: string): readonly string[] {
  return ['providers', 'dependents'].flatMap((sort) => readdirSync(join(folder, sort)).map((name) => join(folder, sort, name)));
}

interface Operation {
  readonly requestBody?: { readonly content?: object };
  readonly responses?: object;
}

/** For every operation of a document a request and each of its answers, with empty objects for bodies. */
function exchangesOf(document: {
  servers?: { url: string }[];
  paths: Record<string, Record<string, Operation>>;
}): readonly Exchange[] {
  const base = /^https?:\/\/[^/]+(.*?)\/?$/.exec(document.servers?.[0]?.url ?? '')?.[1] ?? '';
  return Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).flatMap(([method, { requestBody, responses }]) => {
      const [type = ''] = Object.keys(requestBody?.content ?? {});
      const request = {
        method: method.toUpperCase(),
        path: `${base}${path.replace(/\{[^}]+\}/g, '1')}`,
        query: {},
        headers: { 'content-type': type },
        body: type === '' ? '' : '{}',
      };
      return Object.keys(responses ?? {}).map((status) => ({ request, answer: { status: Number(status) || 500, body: {} } }));
    }),
  );
}
