import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { callDatadog, datadogApi, datadogAuthority, isDatadogApiKey, listDatadogKeys } from '../../lib/vendors/datadog.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: datadogApi,
  serviceAccountId: z
    .uuid()
    .describe('The service account whose key it is, by its id.')
    .meta({ principal: true, identifier: true }),
  scopes: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe('What it may do, such as `dashboards_read`; without them, all that the service account may.'),
});
type Scope = z.infer<typeof scope>;
type Authority = z.infer<typeof datadogAuthority>;

const issued = z.object({
  data: z.object({ id: z.string().min(1), attributes: z.object({ key: z.string().min(1) }) }),
});
const bothKeys = '/api/v2/validate_keys';

export const datadogApplicationKey: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority: datadogAuthority,

  async mint(context, { mark }) {
    const { scopes } = context.scope;
    const attributes = { name: mark, ...(scopes === undefined ? {} : { scopes }) };
    const json = { data: { type: 'application_keys', attributes } };
    const { data } = (await callDatadog(context, 'POST', keysOf(context.scope), { json })).json(issued);
    const parts = { apiKey: context.authority.apiKey };
    return { credential: { value: new Secret(data.attributes.key), parts }, ref: data.id };
  },

  async verify({ http }, { value, parts: { apiKey } }) {
    if (apiKey === undefined) throw lonely();
    const headers = { 'dd-api-key': apiKey, 'dd-application-key': value };
    const answer = await http('GET', bothKeys, { headers, accept: [401, 403] });
    if (answer.status !== 401 && answer.status !== 403) {
      answer.json(z.object({ status: z.literal('ok') }));
      return { ok: true };
    }
    // It is not said which of the two is not known, and the other one is no business of this token.
    if (!(await isDatadogApiKey(http, apiKey))) throw lonely();
    return { ok: false, why: 'rejected', detail: `GET ${bothKeys} answered ${answer.status}, and its API key is known` };
  },

  async inspect(context, { ref }) {
    const found = (await listDatadogKeys(context, facts.name, keysOf(context.scope))).find(({ id }) => id === ref);
    if (found === undefined) return {};
    const { created_at, last_used_at, scopes } = found.attributes;
    return {
      ref: found.id,
      ...(scopes ? { scopes } : {}),
      ...(created_at ? { createdAt: Date.parse(created_at) } : {}),
      ...(last_used_at === undefined ? {} : { lastUsedAt: last_used_at === null ? null : Date.parse(last_used_at) }),
    };
  },

  async revoke(context, { ref }) {
    const path = `${keysOf(context.scope)}/${encodeURIComponent(ref)}`;
    await callDatadog(context, 'DELETE', path, { idempotent: true }).catch(absence);
  },

  async find(context) {
    const found = await listDatadogKeys(context, facts.name, keysOf(context.scope));
    return found.map(({ id, attributes: { name, created_at } }) => ({
      ref: id,
      name,
      ...(created_at ? { createdAt: Date.parse(created_at) } : {}),
    }));
  },
};

function keysOf({ serviceAccountId }: Scope): string {
  return `/api/v2/service_accounts/${serviceAccountId}/application_keys`;
}

function lonely(): RotationError {
  return new RotationError('refused', `${facts.name}: no valid API key is stored beside the application key`, {
    fix: 'Check the API key in the authority secret, then rotate: the next token is stored with it.',
    definite: true,
  });
}
