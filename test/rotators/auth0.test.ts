import { expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { auth0 } from '../../rotators/auth0/index.ts';
import { calledIn, createLife, hour } from '../contract/life.ts';
import { createBench } from './bench.ts';

const given = {
  scope: { tenantUrl: 'https://acme.eu.auth0.com', clientId: 'abc', audience: 'https://api.acme.example' },
  authority: { clientId: 'manager', clientSecret: 'canary-manager' },
};

it('ends the old secret with the new one, and puts nothing back when the rotation fails', async () => {
  const life = await createLife({ provider: 'auth0', dependent: 'webhook' });
  await life.rotate();
  const old = String(life.value());
  life.clock.advance(hour);

  expect(await life.rotateInVain()).not.toEqual([]);

  expect(life.issuer.accepts(old)).toBe(false);
  const [fresh] = life.live();
  expect(life.value('AWSPENDING')).toBe(fresh);
  expect(life.place?.holds()).toBe(fresh);
  await life.goOn();
  expect(life.value()).toBe(fresh);
});

it('asks for a new secret once a rotation', async () => {
  const life = await createLife({ provider: 'auth0' });
  await life.rotate();

  const renewals = calledIn(life.exchanges.ofProvider).filter((call) => call.endsWith('/rotate-secret'));

  expect(renewals).toHaveLength(1);
});

it.each([
  [401, 'access_denied', { ok: false, why: 'rejected' }],
  [403, 'access_denied', { ok: true }],
  [401, 'something_else', { code: 'refused' }],
  [403, 'something_else', { code: 'refused' }],
])('judges by status and code together: %i %s', async (status, error, outcome) => {
  const { context } = createBench(auth0, given, () => ({ status, body: { error } }));
  const credential = { value: new Secret('canary-value'), parts: {} };

  const verdict = await auth0.verify(context, credential).catch((problem: unknown) => problem);

  expect(verdict).toMatchObject(outcome);
});
