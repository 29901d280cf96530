import * as z from 'zod';
import type { Http, HttpAnswer, HttpRequest, Method } from '../engine/contract.ts';
import type { Secret } from '../engine/secret.ts';
import { readPages } from '../plugin/pages.ts';
import { secretText } from '../plugin/schemas.ts';

// What the kinds of keys that Datadog issues have in common.

/** Each site is a Datadog of its own: a key of one is refused by all others. */
export const datadogApi = z
  .enum([
    'https://api.datadoghq.com',
    'https://api.us3.datadoghq.com',
    'https://api.us5.datadoghq.com',
    'https://api.datadoghq.eu',
    'https://api.ap1.datadoghq.com',
    'https://api.ap2.datadoghq.com',
    'https://api.uk1.datadoghq.com',
    'https://api.ddog-gov.com',
    'https://api.us2.ddog-gov.com',
  ])
  .describe('The API of your site: `https://api.datadoghq.com` for US1, `https://api.datadoghq.eu` for EU1, and so on.')
  .meta({ principal: true });

export const datadogAuthority = z.strictObject({ apiKey: secretText, applicationKey: secretText });

interface Administrator {
  readonly http: Http;
  readonly authority: z.infer<typeof datadogAuthority>;
}

/** A call that needs both keys of the authority. */
export function callDatadog({ http, authority }: Administrator, method: Method, path: string, request: HttpRequest = {}) {
  const headers = { 'dd-api-key': authority.apiKey, 'dd-application-key': authority.applicationKey };
  return http(method, path, { ...request, headers });
}

const moment = z.iso.datetime({ offset: true });
const key = z.object({
  id: z.string().min(1),
  attributes: z.object({
    name: z.string(),
    created_at: moment.nullish(),
    date_last_used: moment.nullish(),
    last_used_at: moment.nullish(),
    scopes: z.array(z.string()).nullish(),
  }),
});
const page = z.object({
  data: z.array(key),
  meta: z.object({ page: z.object({ total_filtered_count: z.int().min(0) }) }),
});
const pageSize = 100;

/** All keys that are listed at a path. Lists show no more of a value than its end, unlike a key that is asked for by its id. */
export function listDatadogKeys(context: Administrator, who: string, path: string) {
  return readPages(`${who}: the list of keys`, async (number: number = 0) => {
    // The oldest first, so that one that is made meanwhile moves none to a page that was read before.
    const query = { 'page[size]': pageSize, 'page[number]': number, sort: 'created_at' };
    const { data, meta } = (await callDatadog(context, 'GET', path, { query })).json(page);
    const isLast = (number + 1) * pageSize >= meta.page.total_filtered_count;
    return { items: data, next: isLast ? undefined : number + 1 };
  });
}

/** Whether Datadog takes an API key. It says 403, with a list of errors, to one that it does not know. */
export async function isDatadogApiKey(http: Http, value: Secret): Promise<boolean> {
  const answer = await http('GET', '/api/v1/validate', { headers: { 'dd-api-key': value }, accept: [403] });
  if (answer.status === 403) return readRefusal(answer);
  return answer.json(z.object({ valid: z.boolean() })).valid;
}

/** Datadog's own refusals come as JSON, and those of whatever stands before it do not. */
function readRefusal(answer: HttpAnswer): false {
  answer.json(z.object({ errors: z.array(z.unknown()) }));
  return false;
}
