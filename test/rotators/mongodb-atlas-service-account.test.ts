import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { mongodbAtlasServiceAccount as atlas } from '../../rotators/mongodb-atlas-service-account/index.ts';
import { createBench } from './bench.ts';

const given = {
  scope: { orgId: '32b6e34b3d91647abb20e7b8', clientId: 'mdb_sa_id_665f0c0ffee0ddba11c0de42' },
  authority: { clientId: 'mdb_sa_id_owner', clientSecret: 'canary-owner' },
};
const times = { createdAt: '2026-11-26T12:00:00Z', expiresAt: '2027-02-24T12:00:00Z' };
const credential = { value: new Secret('canary-mdb_sa_sk_AbCdXy9z'), parts: {} };

it.each([
  ['the only one that ends so', ['***Xy9z', '***Ab01'], { ref: 'secret-0' }],
  ['one of two that end so', ['***Xy9z', 'mdb_sa_sk_***Xy9z'], undefined],
  ['none that ends so', ['***xY9z', '***Ab01'], undefined],
  ['shown by too few characters', ['***y9z'], undefined],
  ['not shown at all', ['******'], undefined],
])('knows a secret that a person stored where it is %s', async (_what, shown, found) => {
  const secrets = shown.map((maskedSecretValue, index) => ({ id: `secret-${index}`, maskedSecretValue, ...times }));
  const { context } = createBench(atlas, given, ({ path }) =>
    path === '/api/oauth/token'
      ? { status: 200, body: { access_token: 'canary-access', token_type: 'Bearer', expires_in: 3600 } }
      : { status: 200, body: { secrets } },
  );

  const inspection = await atlas.inspect?.(context, { credential });

  expect(inspection?.ref).toBe(found?.ref);
  expect((await atlas.inspect?.(context, { ref: 'secret-0', credential }))?.ref).toBe('secret-0');
});
