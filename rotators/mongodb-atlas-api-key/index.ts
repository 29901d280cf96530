import * as z from 'zod';
import type { AuthorityContext, Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { getWithDigest } from '../../lib/plugin/digest.ts';
import { readPages } from '../../lib/plugin/pages.ts';
import { requiredPart } from '../../lib/plugin/parts.ts';
import { atlasApi, atlasAuthority, atlasOrganization, atlasVersion, callAtlas } from '../../lib/vendors/atlas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  apiUrl: atlasApi,
  orgId: atlasOrganization,
  roles: z.array(z.string().min(1)).min(1).describe('Its roles in the organization, such as `ORG_READ_ONLY`.'),
  accessList: z
    .array(z.union([z.ipv4(), z.cidrv4()]))
    .min(1)
    .optional()
    .describe(
      'From where it may be used: addresses, or ranges such as `203.0.113.0/24`. Without it, from anywhere that the organization allows.',
    ),
});
type Scope = z.infer<typeof scope>;
type Authority = z.infer<typeof atlasAuthority>;
type Context = AuthorityContext<Scope, Authority>;

const issued = z.object({ id: z.string().min(1), publicKey: z.string().min(1), privateKey: z.string().min(1) });
const key = z.object({
  id: z.string().min(1),
  desc: z.string().optional(),
  roles: z.array(z.object({ roleName: z.string().optional() })).optional(),
});
const page = z.object({ results: z.array(key) });
const pageSize = 500;
const version = atlasVersion('2023-01-01');
const self = '/api/atlas/v2';

export const mongodbAtlasApiKey: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority: atlasAuthority,

  // The key carries the mark, so that one whose access list was not made any more is found and ended.
  async mint(context, { mark }) {
    const { roles, accessList = [] } = context.scope;
    const json = { desc: mark, roles };
    const { id, publicKey, privateKey } = (await callAtlas(context, version, 'POST', keysOf(context), { json })).json(issued);
    if (accessList.length > 0) {
      const entries = accessList.map((each) => (each.includes('/') ? { cidrBlock: each } : { ipAddress: each }));
      const answer = await callAtlas(context, version, 'POST', `${keysOf(context)}/${id}/accessList`, { json: entries });
      answer.json(z.object({ results: z.array(z.unknown()) }));
    }
    return { credential: { value: new Secret(privateKey), parts: { publicKey: new Secret(publicKey) } }, ref: id };
  },

  async verify({ http }, credential) {
    const user = { user: requiredPart(facts, credential, 'publicKey').reveal(), password: credential.value };
    const answer = await getWithDigest(facts.name, http, self, user, { headers: { accept: version }, accept: [403] });
    if (answer.status === 401) return { ok: false, why: 'rejected', detail: `GET ${self} answered 401` };
    if (answer.status === 403) {
      answer.json(z.object({ errorCode: z.string() })); // known, but not let in from here
      return { ok: true };
    }
    if (answer.json(z.object({ apiKey: z.object({ publicKey: z.string() }) })).apiKey.publicKey === user.user)
      return { ok: true };
    return { ok: false, why: 'rejected', detail: `GET ${self} named another key` };
  },

  async inspect(context, { ref }) {
    if (ref === undefined) return {};
    const answer = await callAtlas(context, version, 'GET', `${keysOf(context)}/${encodeURIComponent(ref)}`, { accept: [404] });
    if (answer.status === 404) return {};
    const { id, roles = [] } = answer.json(key);
    return { ref: id, scopes: roles.flatMap(({ roleName }) => (roleName === undefined ? [] : [roleName])) };
  },

  async revoke(context, { ref }) {
    const path = `${keysOf(context)}/${encodeURIComponent(ref)}`;
    await callAtlas(context, version, 'DELETE', path, { idempotent: true }).catch(absence);
  },

  async find(context) {
    const found = await readPages(`${facts.name}: the list of keys`, async (pageNum: number = 1) => {
      const query = { itemsPerPage: pageSize, pageNum };
      const { results } = (await callAtlas(context, version, 'GET', keysOf(context), { query })).json(page);
      // The total is an estimate, so that only a page with room in it is the last.
      return { items: results, next: results.length < pageSize ? undefined : pageNum + 1 };
    });
    return found.map(({ id, desc }) => ({ ref: id, ...(desc === undefined ? {} : { name: desc }) }));
  },
};

function keysOf({ scope }: Context): string {
  return `/orgs/${scope.orgId}/apiKeys`;
}
