// What is odd about providers whose tokens only people make: each says yes, no and "not that" in words of its own.
import { describe, expect, it } from 'vitest';
import type { AnyRotator } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import type { FakeAnswer } from '../../lib/testing/fake.ts';
import { airtable } from '../../rotators/airtable/index.ts';
import { anthropic } from '../../rotators/anthropic/index.ts';
import { atlassian } from '../../rotators/atlassian/index.ts';
import { generic } from '../../rotators/generic/index.ts';
import { githubPat } from '../../rotators/github-pat/index.ts';
import { googleOauthRefresh } from '../../rotators/google-oauth-refresh/index.ts';
import { hubspot } from '../../rotators/hubspot/index.ts';
import { mailchimp } from '../../rotators/mailchimp/index.ts';
import { netlify } from '../../rotators/netlify/index.ts';
import { notion } from '../../rotators/notion/index.ts';
import { oktaApiToken } from '../../rotators/okta-api-token/index.ts';
import { plaid } from '../../rotators/plaid/index.ts';
import { slack } from '../../rotators/slack/index.ts';
import { stripe } from '../../rotators/stripe/index.ts';
import { createBench } from './bench.ts';

// By name: what prints a table of tests would call a method `inspect`.
const rotators = {
  airtable: airtable as AnyRotator,
  anthropic: anthropic as AnyRotator,
  atlassian: atlassian as AnyRotator,
  generic: generic as AnyRotator,
  'github-pat': githubPat as AnyRotator,
  'google-oauth-refresh': googleOauthRefresh as AnyRotator,
  hubspot: hubspot as AnyRotator,
  mailchimp: mailchimp as AnyRotator,
  netlify: netlify as AnyRotator,
  notion: notion as AnyRotator,
  'okta-api-token': oktaApiToken as AnyRotator,
  plaid: plaid as AnyRotator,
  slack: slack as AnyRotator,
  stripe: stripe as AnyRotator,
};
type Name = keyof typeof rotators;

const given: Readonly<Record<string, { readonly scope: object; readonly authority: object }>> = {
  airtable: { scope: { userId: 'usrACME' }, authority: {} },
  anthropic: { scope: {}, authority: { value: 'canary-admin' } },
  atlassian: { scope: { apiUrl: 'https://acme.atlassian.net', accountId: '712020:3e' }, authority: { value: 'canary-org' } },
  generic: { scope: { url: 'https://api.orchard.test/me', field: 'user.name', equals: 'acme' }, authority: {} },
  'github-pat': { scope: { login: 'acme-bot' }, authority: {} },
  'google-oauth-refresh': { scope: { account: 'ads@acme.example' }, authority: {} },
  hubspot: { scope: { portalId: 4711 }, authority: {} },
  mailchimp: { scope: { apiUrl: 'https://us12.api.mailchimp.com/3.0', accountId: '8d3a' }, authority: {} },
  netlify: { scope: { email: 'deploy@acme.example' }, authority: {} },
  notion: { scope: { workspace: 'Acme' }, authority: {} },
  'okta-api-token': { scope: { orgUrl: 'https://acme.okta.com', userId: '00u1' }, authority: {} },
  plaid: { scope: { clientId: '5f3c' }, authority: {} },
  slack: { scope: { teamId: 'T0ACME' }, authority: {} },
  stripe: { scope: { accountId: 'acct_1' }, authority: {} },
};
const parts = { clientId: new Secret('the-client'), clientSecret: new Secret('canary-client'), label: new Secret('sync 7') };
const credential = { value: new Secret('canary-value'), parts };

function bench(rotator: AnyRotator, answer: Parameters<typeof createBench>[2], scope: object = {}) {
  const { scope: usual = {}, authority = {} } = given[rotator.facts.name] ?? {};
  return createBench(rotator, { scope: { ...usual, ...scope }, authority }, answer);
}

const says = (status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) => ({ status, body, headers });
const idToken = (email: string) => `e30.${Buffer.from(JSON.stringify({ email })).toString('base64url')}.c2ln`;
const granted = { access_token: 'canary-access', scope: 'openid' };

describe('a token works', () => {
  it.each<[Name, string, FakeAnswer]>([
    ['github-pat', 'and its owner is written in capitals', says(200, { login: 'Acme-Bot' })],
    ['hubspot', 'and may not see its account', says(403, { category: 'MISSING_SCOPES' })],
    ['notion', 'and may not see itself', says(403, { code: 'restricted_resource' })],
    ['notion', 'and its workspace is not told', says(200, { object: 'user', bot: {} })],
    ['stripe', 'and may see neither balance nor account', says(403, { error: { type: 'invalid_request_error' } })],
    ['google-oauth-refresh', 'and nobody says whose it is', says(200, granted)],
    ['google-oauth-refresh', 'and it is the account’s', says(200, { ...granted, id_token: idToken('Ads@acme.example') })],
    ['generic', 'and the field is as it should be', says(200, { user: { name: 'acme' } })],
  ])('of %s: %s', async (name, _what, answer) => {
    const rotator = rotators[name];
    const { context } = bench(rotator, () => answer);

    expect(await rotator.verify(context, credential)).toMatchObject({ ok: true });
  });
});

describe('a token is rejected', () => {
  it.each<[Name, string, FakeAnswer]>([
    ['airtable', 'of another user', says(200, { id: 'usrOTHER' })],
    ['atlassian', 'of another account', says(200, { accountId: '712020:00' })],
    ['generic', 'of somebody else', says(200, { user: { name: 'other' } })],
    ['github-pat', 'of another account', says(200, { login: 'somebody' })],
    ['google-oauth-refresh', 'of another account', says(200, { ...granted, id_token: idToken('me@home.example') })],
    ['google-oauth-refresh', 'whose consent is over', says(400, { error: 'invalid_grant' })],
    ['google-oauth-refresh', 'whose client was deleted', says(401, { error: 'deleted_client' })],
    ['hubspot', 'of another account', says(200, { portalId: 7 })],
    ['mailchimp', 'of another account', says(200, { account_id: 'other' })],
    ['netlify', 'of another user', says(200, { id: '1', email: 'me@home.example' })],
    ['notion', 'of another workspace', says(200, { object: 'user', bot: { workspace_name: 'Other' } })],
    ['okta-api-token', 'of another administrator', says(200, { id: '00u2' })],
    ['plaid', 'that Plaid does not know, with 400', says(400, { error_type: 'INVALID_INPUT', error_code: 'INVALID_API_KEYS' })],
    ['slack', 'of another workspace', says(200, { ok: true, team_id: 'T0OTHER' })],
    ['slack', 'that was revoked, with 200', says(200, { ok: false, error: 'token_revoked' })],
    ['stripe', 'of the other mode', says(200, { object: 'balance', livemode: false })],
  ])('of %s: one %s', async (name, _what, answer) => {
    const rotator = rotators[name];
    const { context } = bench(rotator, () => answer);

    expect(await rotator.verify(context, credential)).toMatchObject({ ok: false, why: 'rejected' });
  });

  it('of Stripe: one of another account, in the right mode', async () => {
    const { context } = bench(stripe, ({ path }) =>
      path === '/v1/balance' ? says(200, { object: 'balance', livemode: true }) : says(200, { object: 'account', id: 'acct_2' }),
    );

    expect(await stripe.verify(context, credential)).toMatchObject({ ok: false, why: 'rejected' });
  });
});

describe('nothing is said of a token', () => {
  it.each<[Name, string, FakeAnswer, string]>([
    ['anthropic', 'a 401 of another kind', says(401, { error: { type: 'other' } }), 'malformed'],
    ['generic', 'a status that nobody named', says(204, undefined), 'malformed'],
    ['generic', 'an answer without the field', says(200, { user: {} }), 'malformed'],
    [
      'google-oauth-refresh',
      'somebody has to sign in again',
      says(400, { error: 'invalid_grant', error_subtype: 'invalid_rapt' }),
      'refused',
    ],
    ['google-oauth-refresh', 'an administrator forbids it', says(400, { error: 'admin_policy_enforced' }), 'refused'],
    ['mailchimp', 'there is too much to do', says(403, '<html>'), 'malformed'],
    ['mailchimp', 'the user is disabled', says(403, { title: 'User Disabled' }), 'refused'],
    ['okta-api-token', 'a 401 of another kind', says(401, { errorCode: 'E0000004' }), 'malformed'],
    ['plaid', 'another 400', says(400, { error_type: 'INVALID_INPUT', error_code: 'INVALID_FIELD' }), 'refused'],
    [
      'plaid',
      'a pause is asked for',
      says(400, { error_type: 'RATE_LIMIT_EXCEEDED', error_code: 'INSTITUTIONS_GET_LIMIT' }),
      'limited',
    ],
    ['slack', 'a pause is asked for', says(200, { ok: false, error: 'ratelimited' }), 'limited'],
    ['slack', 'a fault of theirs', says(200, { ok: false, error: 'fatal_error' }), 'unavailable'],
    ['slack', 'one that its app refreshes', says(200, { ok: true, team_id: 'T0ACME', expires_in: 43_200 }), 'mismatch'],
    ['stripe', 'a 403 of somebody in between', says(403, '<html>'), 'malformed'],
  ])('of %s: %s', async (name, _what, answer, code) => {
    const rotator = rotators[name];
    const { context } = bench(rotator, () => answer);

    await expect(rotator.verify(context, credential)).rejects.toMatchObject({ code });
  });

  it('of Mailchimp: every data centre calls the keys of the others invalid', async () => {
    const { context } = bench(mailchimp, () => says(401, { title: 'API Key Invalid' }));
    const verify = (value: string) => mailchimp.verify(context, { value: new Secret(value), parts: {} });

    await expect(verify('canary-0123-us5')).rejects.toMatchObject({ code: 'mismatch', definite: true });
    expect(await verify('canary-0123-us12')).toMatchObject({ ok: false, why: 'rejected' });
  });
});

describe('GitHub', () => {
  it.each([
    ['2026-12-25 12:00:00 UTC', Date.UTC(2026, 11, 25, 12)],
    ['2026-12-25 12:00:00 -0430', Date.UTC(2026, 11, 25, 16, 30)],
    ['someday', undefined],
  ])('tells the end of a token: %s', async (header, expiresAt) => {
    const headers = { 'github-authentication-token-expiration': header, 'x-oauth-scopes': 'repo, workflow' };
    const { context } = bench(githubPat, () => says(200, { login: 'acme-bot' }, headers));

    const verdict = await githubPat.verify(context, credential);

    expect(verdict).toEqual({ ok: true, scopes: ['repo', 'workflow'], ...(expiresAt === undefined ? {} : { expiresAt }) });
  });

  it('is asked to revoke without any credential, because with one it refuses', async () => {
    const { context, requests } = bench(githubPat, () => says(202, {}));

    await githubPat.revoke?.(context, { ref: 'canary-value' });

    expect(requests[0]?.headers.authorization).toBeUndefined();
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual({ credentials: ['canary-value'] });
  });
});

describe('which token it is', () => {
  const key = { id: 'apikey_1', status: 'active', created_at: '2026-11-26T00:00:00Z', partial_key_hint: 'canary-v...lue' };
  const token = { id: 't1', label: 'sync 7', createdAt: '2026-11-26T00:00:00Z' };
  const keys = (...data: readonly object[]) => says(200, { data, has_more: false });

  it.each<[string, Name, FakeAnswer, object]>([
    [
      'by how it begins and ends',
      'anthropic',
      keys(key, { ...key, id: 'apikey_2', partial_key_hint: 'canary-x...lue' }),
      { ref: 'apikey_1' },
    ],
    ['and not where two begin and end so', 'anthropic', keys(key, { ...key, id: 'apikey_2' }), {}],
    ['and not in another workspace', 'anthropic', keys({ ...key, workspace_id: 'wrkspc_1' }), {}],
    ['and not without a hint', 'anthropic', keys({ ...key, partial_key_hint: '...' }), {}],
    ['by its name', 'atlassian', says(200, [{ ...token, id: 't2', label: 'other' }, token]), { ref: 't1', lastUsedAt: null }],
    ['and not where two have its name', 'atlassian', says(200, [token, { ...token, id: 't2' }]), {}],
  ])('is told %s: %s', async (_how, name, answer, told) => {
    const rotator = rotators[name];
    const { context } = bench(rotator, () => answer);

    const inspection = await rotator.inspect?.(context, { credential });

    if (Object.keys(told).length === 0) expect(inspection).toEqual({});
    else expect(inspection).toMatchObject(told);
  });
});

it('does not take a key for deactivated that is active still', async () => {
  const { context } = bench(anthropic, () => says(200, { status: 'active' }));

  await expect(anthropic.revoke?.(context, { ref: 'apikey_1' })).rejects.toMatchObject({ code: 'rejected', definite: false });
});

it('does not take a token for revoked that Slack kept', async () => {
  const { context } = bench(slack, () => says(200, { ok: true, revoked: false }));

  await expect(slack.revoke?.(context, { ref: 'canary-value' })).rejects.toMatchObject({ code: 'rejected', definite: false });
});

it('shows a service account of Atlassian as a bearer, and a user by the e-mail address', async () => {
  const robot = bench(atlassian, () => says(200, { accountId: '712020:3e' }));
  const person = bench(atlassian, () => says(200, { accountId: '712020:3e' }), { email: 'me@acme.example' });

  await atlassian.verify(robot.context, credential);
  await atlassian.verify(person.context, credential);

  expect(robot.requests[0]?.headers.authorization).toBe('Bearer canary-value');
  expect(person.requests[0]?.headers.authorization).toMatch(/^Basic /);
});

it.each([
  ['a status that says both', { expectStatus: [200, 403], rejectStatus: [403] }],
  ['an address that is not https', { url: 'http://api.orchard.test/me' }],
  ['a header that is none', { header: 'X Key' }],
  ['a prefix that begins with a space', { prefix: ' Key ' }],
])('takes no generic token with %s', (_what, scope) => {
  const parsed = generic.scope.safeParse({ ...given.generic?.scope, ...scope });

  expect(parsed.success).toBe(false);
});

it('makes none itself', async () => {
  const { context } = bench(netlify, () => says(404, {}));

  await expect(
    netlify.mint(context, { mark: undefined, now: 0, random: (bytes) => new Uint8Array(bytes) }),
  ).rejects.toMatchObject({
    code: 'nothing-submitted',
    definite: true,
  });
});
