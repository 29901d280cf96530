import * as z from 'zod';
import type { Http } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { Said } from '../http/call.ts';
import { nextLink, readPages } from '../plugin/pages.ts';
import { type Asked, ask, type DeclaredRequest, type Purpose } from './request.ts';
import type { Values } from './template.ts';
import { pointer, type Told } from './told.ts';

// A list of the catalog: one request, and how the next page is asked for.

const parameter = z.string().min(1).max(100);

export const paging = z
  .union([
    z.strictObject({ link: z.literal('header').describe('The `Link` header says `rel="next"` (RFC 8288).') }),
    z.strictObject({ next: pointer.describe('The address of the next page stands here; null or nothing on the last.') }),
    z.strictObject({
      cursor: pointer.describe('A cursor stands here; null, nothing or an empty text on the last page.'),
      query: parameter.describe('The field of the query that takes it.'),
    }),
    z.strictObject({
      page: parameter.describe('The field of the query that takes the number of the page; the list ends with an empty one.'),
      first: z.int().min(0).max(1).default(1).describe('The number of the first page.'),
    }),
  ])
  .describe('How the next page is asked for. Without it, the one answer is the whole list.');
export type Paging = z.infer<typeof paging>;

interface List<Meaning extends string> {
  readonly request: DeclaredRequest<Meaning> & { readonly paging?: Paging | undefined };
  readonly purpose: Purpose<Meaning>;
  /** Where the items of a page are. */
  readonly items: string;
  /** The address that paths are joined to. */
  readonly api: string;
}

/** How the next page is asked for: by another address, or by further fields of the query. */
type Next = { readonly address: string } | { readonly query: Readonly<Record<string, string>> };

/** The whole list, over all pages, or an error: half a list would make a full account look empty. */
export async function askAll<Meaning extends string>(list: List<Meaning>, values: Values, http: Http): Promise<readonly Told[]> {
  const { request, purpose, items } = list;
  const { paging: how } = request;
  const first: Next = { query: how !== undefined && 'page' in how ? { [how.page]: String(how.first) } : {} };
  return readPages(`http: the list of ${request.method} ${request.url}`, async (cursor: Next | undefined) => {
    const here = cursor ?? first;
    const asked = await ask(request, purpose, values, { http, asks: true, ...here });
    const found = asked.told.items(items);
    return { items: found, next: found.length === 0 && isCounted(how) ? undefined : nextOf(list, asked, here) };
  });
}

function isCounted(how: Paging | undefined): boolean {
  return how !== undefined && 'page' in how;
}

function nextOf<Meaning extends string>(
  { request, api }: List<Meaning>,
  { told, answer, said }: Asked<Meaning>,
  here: Next,
): Next | undefined {
  const { paging: how } = request;
  if (how === undefined) return undefined;
  if ('page' in how) {
    const number = 'query' in here ? Number(here.query[how.page]) : how.first;
    return { query: { [how.page]: String(number + 1) } };
  }
  const at = 'cursor' in how ? how.cursor : 'next' in how ? how.next : undefined;
  const found = at === undefined ? nextLink(answer) : told.look(at) === '' ? undefined : told.maybeText(at);
  if (found === undefined) return undefined;
  return 'cursor' in how ? { query: { [how.query]: found } } : { address: sameOrigin(said, request, api, found) };
}

/** The authority goes with it, so a next page is where the first one was or nowhere. */
function sameOrigin(said: Said, { url }: { readonly url: string }, api: string, next: string): string {
  const first = url.startsWith('/') ? `${api.replace(/\/$/, '')}${url}` : url;
  // Names in the address are of its path, which is not asked for here.
  const base = new URL(first.replace(/\{\{[^}]*\}\}/g, 'x'));
  const address = URL.canParse(next, base.href) ? new URL(next, base) : undefined;
  if (address?.origin === base.origin) return address.href;
  throw new RotationError('host-refused', `${said.who}: ${said.what} named a next page at another host`, {
    fix: 'If that is right, write the request with that host, and page by a cursor or by numbers.',
    definite: true,
  });
}
