import * as z from 'zod';
import type { Http, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { callDatadog, datadogApi, datadogAuthority, isDatadogApiKey, listDatadogKeys } from '../../lib/vendors/datadog.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: datadogApi,
  remoteConfiguration: z
    .boolean()
    .optional()
    .describe('Whether agents with this key may be configured from Datadog; without it Datadog decides.'),
});
type Scope = z.infer<typeof scope>;
type Authority = z.infer<typeof datadogAuthority>;

const issued = z.object({
  data: z.object({ id: z.string().min(1), attributes: z.object({ key: z.string().min(1) }) }),
});
const named = z.object({ data: z.object({ attributes: z.object({ api_key_id: z.string().min(1) }) }) });
const keys = '/api/v2/api_keys';

export const datadogApiKey: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority: datadogAuthority,

  async mint(context, { mark }) {
    const { remoteConfiguration } = context.scope;
    const wish = remoteConfiguration === undefined ? {} : { remote_config_read_enabled: remoteConfiguration };
    const json = { data: { type: 'api_keys', attributes: { name: mark, ...wish } } };
    const { data } = (await callDatadog(context, 'POST', keys, { json })).json(issued);
    return { credential: { value: new Secret(data.attributes.key), parts: {} }, ref: data.id };
  },

  async verify({ http }, { value }) {
    if (await isDatadogApiKey(http, value)) return { ok: true };
    return { ok: false, why: 'rejected', detail: 'GET /api/v1/validate knows no such key' };
  },

  async inspect(context, { ref, credential }) {
    const id = ref ?? (await idOf(context.http, credential.value));
    const found = (await listDatadogKeys(context, facts.name, keys)).find((key) => key.id === id);
    if (found === undefined) return {};
    const { created_at, date_last_used } = found.attributes;
    return {
      ref: found.id,
      ...(created_at ? { createdAt: Date.parse(created_at) } : {}),
      ...(date_last_used === undefined ? {} : { lastUsedAt: date_last_used === null ? null : Date.parse(date_last_used) }),
    };
  },

  async revoke(context, { ref }) {
    await callDatadog(context, 'DELETE', `${keys}/${encodeURIComponent(ref)}`, { idempotent: true }).catch(absence);
  },

  async find(context) {
    return (await listDatadogKeys(context, facts.name, keys)).map(({ id, attributes: { name, created_at } }) => ({
      ref: id,
      name,
      ...(created_at ? { createdAt: Date.parse(created_at) } : {}),
    }));
  },
};

async function idOf(http: Http, value: Secret): Promise<string | undefined> {
  const answer = await http('GET', '/api/v2/validate', { headers: { 'dd-api-key': value }, accept: [401, 403] });
  return answer.status === 401 || answer.status === 403 ? undefined : answer.json(named).data.attributes.api_key_id;
}
