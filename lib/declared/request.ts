import * as z from 'zod';
import type { Http, HttpAnswer, HttpRequest, Method } from '../engine/contract.ts';
import { type ErrorCode, RotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';
import { malformed, type Said } from '../http/call.ts';
import { refusal } from '../http/sorting.ts';
import { faultInTemplate, fill, fillAddress, fillTree, textsIn, type Values, type Vocabulary } from './template.ts';
import { pointer, type Told, tellOf } from './told.ts';

// One request of the catalog: how it is written, how it is sent, and what its answer means.

/** What an answer may be called besides what an ability knows: each is the error of that name. */
const errors = ['refused', 'rejected', 'limited', 'unavailable', 'key-limit'] as const satisfies readonly ErrorCode[];
type ErrorMeaning = (typeof errors)[number];

const literal = z.union([z.string(), z.number(), z.boolean(), z.null()]);

interface Rule<Meaning extends string> {
  readonly status: number | readonly number[];
  readonly where?: Readonly<Record<string, z.infer<typeof literal>>> | undefined;
  readonly has?: readonly string[] | undefined;
  readonly means: Meaning | ErrorMeaning;
}

/** What a request is for: what may be named in it, by which methods it is sent, and what its answers can mean. */
export interface Purpose<Meaning extends string> {
  readonly vocabulary: Vocabulary;
  /** The first is meant where the catalog says none. */
  readonly methods: readonly [Method, ...Method[]];
  readonly meanings: readonly [Meaning, ...Meaning[]];
  /** What a 2xx means that no rule fits. Where there is none it is malformed. */
  readonly otherwise?: NoInfer<Meaning>;
  /** What holds where the catalog has no rule for a status. */
  readonly defaults: readonly Rule<NoInfer<Meaning>>[];
}

export interface DeclaredRequest<Meaning extends string = string> {
  readonly method: Method;
  readonly url: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly basic?: { readonly user: string; readonly password: string } | undefined;
  readonly json?: unknown;
  readonly form?: Readonly<Record<string, string>> | undefined;
  readonly answers: readonly Rule<Meaning>[];
}

/**
 * The fields of a request in the catalog. Each is judged by itself, so that all that is wrong is told at once.
 */
export function requestFields<Meaning extends string>({ vocabulary, methods, meanings }: Purpose<Meaning>) {
  const template = (spot: 'address' | 'elsewhere' = 'elsewhere') =>
    z.string().superRefine((text, context) => {
      const fault = faultInTemplate(text, vocabulary, spot);
      if (fault !== undefined) context.addIssue({ code: 'custom', message: fault });
    });
  const headerName = z
    .string()
    .regex(
      /^(?!(?:host|connection|content-length|transfer-encoding|expect|upgrade|te|trailer|keep-alive|proxy-.*)$)[a-z0-9-]{1,64}$/i,
      'must be the name of a header, and none that belongs to the connection',
    );
  const tree = z.unknown().superRefine((body, context) => {
    for (const { text, path } of textsIn(body)) {
      const fault = faultInTemplate(text, vocabulary);
      if (fault !== undefined) context.addIssue({ code: 'custom', path: [...path], message: fault });
    }
  });
  const status = z
    .int()
    .refine(
      (code) => (code >= 200 && code < 300) || (code >= 400 && code < 500 && code !== 408 && code !== 429),
      'must be a 2xx or 4xx; 429 is always a pause, and 408 and 5xx never tell whether it was done',
    );
  return {
    method: z
      .enum(methods)
      .default(methods[0] as never)
      .describe('How it is sent.'),
    url: template('address')
      .refine((url) => !/[?#]/.test(url), 'holds a question mark or number sign: what follows it belongs under `query`')
      .refine(
        (url) => /^\/(?!\/)/.test(url) || /^https?:\/\/[^/{}]+\//.test(url),
        'must begin with a slash, and is joined to `api`, or be a whole address whose host is written out',
      )
      .describe('The path behind `api`, or a whole address at one of `otherHosts`.')
      .meta({ examples: ['/v1/tokens/{{ref}}'] }),
    query: z.record(z.string().min(1), template('address')).optional().describe('What stands behind the question mark.'),
    headers: z
      .record(headerName, template())
      .optional()
      .describe('Headers. One that names something which is not there is left out.'),
    basic: z
      .strictObject({ user: template(), password: template() })
      .optional()
      .describe('User and password of basic authentication, instead of an `authorization` header.'),
    json: tree.optional().describe('A JSON body: any tree, whose texts may hold names in double braces.'),
    form: z.record(z.string().min(1), template()).optional().describe('A body of form fields, instead of JSON.'),
    answers: z
      .array(
        z.strictObject({
          status: z.union([status, z.array(status).min(1)]).describe('The status, or several.'),
          where: z.record(pointer, literal).optional().describe('What must stand at these pointers of the body.'),
          has: z.array(pointer).min(1).optional().describe('Pointers at which anything must stand.'),
          means: z.enum([...meanings, ...errors]).describe('What such an answer means.'),
        }),
      )
      .default([])
      .describe('What answers mean, the first that fits; what fits none is sorted by its status.'),
  };
}

/** What several fields of a request have together. */
export function* requestFaults(
  request: unknown,
  usual: Method,
): Iterable<{ readonly path: readonly string[]; readonly message: string }> {
  if (typeof request !== 'object' || request === null) return;
  const { method = usual, json, form, headers, basic } = request as Readonly<Record<string, unknown>>;
  if (json !== undefined && form !== undefined)
    yield { path: ['form'], message: 'stands beside `json`, and a request has one body' };
  const body = json === undefined ? 'form' : 'json';
  if (usual === 'GET' && method === 'GET' && (json ?? form) !== undefined)
    yield { path: [body], message: 'is a body, and a GET has none' };
  const names = typeof headers === 'object' && headers !== null ? Object.keys(headers) : [];
  if (basic !== undefined && names.some((name) => name.toLowerCase() === 'authorization'))
    yield { path: ['basic'], message: 'stands beside an `authorization` header, and only one of them can be sent' };
}

export interface Asked<Meaning extends string> {
  readonly means: Meaning;
  readonly told: Told;
  /** What was called, for an error. */
  readonly said: Said;
  readonly answer: HttpAnswer;
}

interface Way {
  readonly http: Http;
  /** It looks and changes nothing. */
  readonly asks?: boolean;
  /** Twice is the same as once. */
  readonly idempotent?: boolean;
  /** Another address of the same request: a further page. */
  readonly address?: string;
  /** Further fields of the query. */
  readonly query?: Readonly<Record<string, string>>;
}

/** Sends a request. What its answer means is told, or thrown where that is an error. */
export async function ask<Meaning extends string>(
  request: DeclaredRequest<Meaning>,
  { defaults, otherwise }: Purpose<Meaning>,
  values: Values,
  { http, address, query, ...ways }: Way,
): Promise<Asked<Meaning>> {
  const own = request.answers.flatMap(({ status }) => status);
  const rules = [...request.answers, ...defaults.filter(({ status }) => !statusesOf(status).some((each) => own.includes(each)))];
  const said: Said = { who: 'http', what: `${request.method} ${request.url.replace(/^https?:\/\/[^/]+/, '')}` };
  const statuses = rules.flatMap(({ status }) => statusesOf(status));
  const answer = await http(request.method, address ?? fillAddress(request.url, values), {
    ...sent(request, values, address === undefined ? query : undefined),
    ...(address === undefined ? {} : { query: {} }),
    ...ways,
    accept: statuses.filter((each) => each >= 400),
  });
  const told = tellOf(said, answer);
  const rule = rules.find((each) => fits(each, answer, told));
  if (rule === undefined && answer.status >= 400) throw unsorted(said, answer.status);
  const means = rule?.means ?? otherwise;
  if (means === undefined) throw malformed(said, `a ${answer.status} that none of \`answers\` fits`);
  if (isError(means)) throw errorOf(means, said, answer.status);
  return { means, told, said, answer };
}

/** A refusal that was only let through so that a rule could look into it, and that none fits, is what it would have been without them. */
function unsorted(said: Said, status: number): RotationError {
  return refusal({ ...said, isRepeatable: true, isReading: true }, status, new Headers(), 0);
}

function statusesOf(status: number | readonly number[]): readonly number[] {
  return typeof status === 'number' ? [status] : status;
}

function sent(request: DeclaredRequest, values: Values, more: Readonly<Record<string, string>> = {}): HttpRequest {
  const { query = {}, headers = {}, basic, json, form } = request;
  const plain = (text: string) => {
    const filled = fill(text, values);
    return filled instanceof Secret ? filled.reveal() : (filled ?? '');
  };
  const asked = { ...filledIn(query, values), ...more } as Readonly<Record<string, string>>;
  return {
    query: asked,
    headers: filledIn(headers, values),
    ...(basic === undefined ? {} : { basic: { user: plain(basic.user), password: new Secret(plain(basic.password)) } }),
    ...(json === undefined ? {} : { json: fillTree(json, values) }),
    ...(form === undefined ? {} : { form: filledIn(form, values) }),
  };
}

/** Without what names something that is not there. */
function filledIn(fields: Readonly<Record<string, string>>, values: Values): Readonly<Record<string, string | Secret>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => {
      const filled = fill(text, values);
      return filled === undefined ? [] : [[name, filled]];
    }),
  );
}

function fits<Meaning extends string>({ status, where = {}, has = [] }: Rule<Meaning>, answer: HttpAnswer, told: Told): boolean {
  if (!statusesOf(status).includes(answer.status)) return false;
  try {
    return matches(told, { where, has });
  } catch (error) {
    if (answer.status < 400) throw error;
    return false; // a refusal in HTML says what its status says
  }
}

/** Whether what is there is as a rule wants it. */
function matches(told: Told, { where = {}, has = [] }: Pick<Rule<string>, 'where' | 'has'>): boolean {
  const isThere = (found: unknown) => found !== undefined && found !== null && found !== '';
  return Object.entries(where).every(([at, wanted]) => told.look(at) === wanted) && has.every((at) => isThere(told.look(at)));
}

function isError(means: string): means is ErrorMeaning {
  return (errors as readonly string[]).includes(means);
}

const fixes: Readonly<Record<ErrorMeaning, string>> = {
  refused: 'Check that the credential is right and may do this.',
  rejected: 'Compare what the catalog says with the documentation of the service.',
  limited: 'Nothing to do: it is tried again.',
  unavailable: 'Nothing to do: it is tried again.',
  'key-limit': 'Revoke one there that nobody uses, or wait until Keyturn has retired an older one, then rotate again.',
};

function errorOf(code: ErrorMeaning, { who, what }: Said, status: number): RotationError {
  return new RotationError(code, `${who}: ${what} answered ${status}, which \`answers\` calls \`${code}\``, {
    fix: fixes[code],
    status,
    // A no inside of a yes does not say that nothing was done.
    definite: status >= 400,
  });
}
