import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { absence } from '../../lib/engine/errors.ts';
import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { secretText } from '../../lib/plugin/schemas.ts';

// Only for `npm run live:unleash`, and no plug-in: Unleash names a token by its value alone, so that ending one puts a secret into an address,
// which plug-ins never do. What makes it worth the exception is that it goes on taking a deleted token for a minute.

const facts = {
  name: 'unleash',
  title: 'Unleash',
  summary: 'Client tokens of an Unleash of your own.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'url' },
  mark: can({ maximumCharacters: 255 }),
  list: can(),
  revoke: can(),
  expiry: cannot('a client token has none'),
  scopes: cannot('a client token may do one thing'),
  lastUsed: cannot('it is told late, and not for every version'),
  slots: cannot('no limit is known'),
  parts: {},
  requiredParts: [],
  valueBytes: 256,
  settleSeconds: 60,
  deathSeconds: 90,
  secretRefPart: 'value',
  leastPrivilege: [],
  byHand: [],
  ifAllElseFails: 'end it on the page of API access.',
  sources: [],
  unconfirmed: [],
  proven: [],
} as const satisfies RotatorFacts;

const scope = z.strictObject({ url: z.url() });
const authority = z.strictObject({ value: secretText });
const one = z.object({ secret: z.string().min(1), tokenName: z.string(), createdAt: z.iso.datetime() });
const tokens = '/api/admin/api-tokens';

export const unleash: Rotator<z.infer<typeof scope>, z.infer<typeof authority>> = {
  facts,
  scope,
  authority,

  async mint({ http, authority }, { mark }) {
    const json = { tokenName: mark, type: 'client', environment: 'development', projects: ['default'] };
    const { secret } = (await http('POST', tokens, { headers: { authorization: authority.value }, json })).json(one);
    return { credential: { value: new Secret(secret), parts: {} }, ref: secret };
  },

  async verify({ http }, { value }) {
    const answer = await http('GET', '/api/client/features', { headers: { authorization: value }, accept: [401] });
    return answer.status === 200 ? { ok: true } : { ok: false, why: 'rejected', detail: 'GET /api/client/features answered 401' };
  },

  async revoke({ http, authority }, { ref }) {
    const headers = { authorization: authority.value };
    await http('DELETE', `${tokens}/${encodeURIComponent(ref)}`, { headers, idempotent: true }).catch(absence);
  },

  async find({ http, authority }) {
    const answer = await http('GET', tokens, { headers: { authorization: authority.value } });
    return answer
      .json(z.object({ tokens: z.array(one) }))
      .tokens.map(({ secret, tokenName, createdAt }) => ({ ref: secret, name: tokenName, createdAt: Date.parse(createdAt) }));
  },
};
