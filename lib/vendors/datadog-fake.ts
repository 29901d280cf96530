import * as z from 'zod';
import { type FakeAnswer, type FakeRequest, type FakeToken, jsonOf } from '../testing/fake.ts';

const listed = z.strictObject({
  'page[size]': z.coerce.number().int().min(1).max(100).default(10),
  'page[number]': z.coerce.number().int().min(0).default(0),
  sort: z.enum(['created_at', '-created_at', 'name', '-name']).default('name'),
  filter: z.string().optional(),
});

/** One list of keys, as Datadog keeps it at a path: JSON:API, pages, values shown once, and what else its kind has. */
export interface Shelf<Key extends FakeToken> {
  readonly path: string;
  readonly type: string;
  /** What may be asked for besides the name. */
  readonly wishes: z.ZodRawShape;
  keys(): readonly Key[];
  make(wanted: { readonly name: string }): Key;
  end(key: Key): void;
  /** Attributes besides name, value and birth. */
  attributes(key: Key): object;
}

/** What is answered to the administrator; undefined where the path is another one. */
export function serveKeys<Key extends FakeToken>(shelf: Shelf<Key>, request: FakeRequest): FakeAnswer | undefined {
  const { method, path } = request;
  if (path !== shelf.path && !path.startsWith(`${shelf.path}/`)) return undefined;
  const id = path === shelf.path ? undefined : path.slice(shelf.path.length + 1);
  const live = shelf.keys().filter(({ revokedAt }) => revokedAt === undefined);
  if (id === undefined && method === 'GET') return list(shelf, live, request);
  if (id === undefined && method === 'POST') return mint(shelf, live, jsonOf(request));
  const found = live.find(({ ref }) => ref === id);
  if (found === undefined) return refusal(404, 'Not Found');
  if (method !== 'DELETE') return refusal(405, 'Method Not Allowed');
  shelf.end(found);
  return { status: 204 };
}

export function refusal(status: number, ...errors: readonly string[]): FakeAnswer {
  return { status, body: { errors } };
}

function mint<Key extends FakeToken>(shelf: Shelf<Key>, live: readonly Key[], body: unknown): FakeAnswer {
  const attributes = z.strictObject({ name: z.string().trim().min(1), ...shelf.wishes });
  const wanted = z.strictObject({ data: z.strictObject({ type: z.literal(shelf.type), attributes }) });
  const parsed = wanted.safeParse(body);
  if (!parsed.success) return refusal(400, 'Bad Request');
  const { name } = parsed.data.data.attributes;
  if (live.some((key) => key.name === name)) return refusal(409, 'Conflict');
  const key = shelf.make(parsed.data.data.attributes);
  return { status: 201, body: { data: shown(shelf, key, { key: key.value }) } };
}

function list<Key extends FakeToken>(shelf: Shelf<Key>, live: readonly Key[], { query }: FakeRequest): FakeAnswer {
  const parsed = listed.safeParse(query);
  if (!parsed.success) return refusal(400, 'Bad Request');
  const { 'page[size]': size, 'page[number]': number, sort, filter = '' } = parsed.data;
  const matching = live.filter(({ name = '' }) => name.includes(filter));
  const sorted = sort.endsWith('name') ? [...matching].sort((a, b) => String(a.name).localeCompare(String(b.name))) : matching;
  const ordered = sort.startsWith('-') ? [...sorted].reverse() : sorted;
  const data = ordered.slice(number * size, (number + 1) * size).map((key) => shown(shelf, key, {}));
  return { status: 200, body: { data, meta: { page: { total_filtered_count: matching.length } } } };
}

function shown<Key extends FakeToken>(shelf: Shelf<Key>, key: Key, more: object) {
  const { ref: id, name, value, createdAt } = key;
  const created_at = new Date(createdAt).toISOString().replace('Z', '000+00:00');
  return { type: shelf.type, id, attributes: { name, last4: value.slice(-4), created_at, ...shelf.attributes(key), ...more } };
}
