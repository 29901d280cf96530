import { describe, expect, it } from 'vitest';
import { Secret } from '../../lib/engine/secret.ts';
import { registry } from '../../lib/plugin/registry.ts';
import { createOpenApiJudge, type Exchange } from '../../lib/testing/openapi.ts';
import { documentOf, documents } from './documents.ts';
import { createLife, hour, type Life } from './life.ts';

// Goal: what plug-ins send, and what their fakes answer, is what the vendors' own documents say.
// Method: every plug-in of the registries that has a document lives a whole life on its fake, and a judge made from the document sees each
// exchange. Documents are cut down to what concerns tokens: what is missing in one is named here.

/** Calls that a document leaves out. */
const leftOut: Readonly<Record<string, readonly string[]>> = {
  sendgrid: ['GET /v3/scopes'],
  'mongodb-atlas-service-account': ['POST /api/oauth/token'],
  'mongodb-atlas-api-key': ['POST /api/oauth/token'],
  okta: ['POST /oauth2/v1/introspect'],
  'okta-api-token': ['GET /api/v1/users/me'],
  'github-pat': ['GET /user'],
  'github-deploy-key': ['POST /acme/shop.git'],
  twilio: ['GET /2010-04-01/Accounts/AC0123456789abcdef0123456789abcdef/Messages.json'],
  'cloudflare-worker-secret': ['GET /client/v4/accounts/0123456789abcdef0123456789abcdef/workers/scripts/web/versions'],
  'vercel-env': ['GET /v9/projects/shop', 'GET /v10/projects/shop/env'],
};

const pages = '/accounts/{account_id}/pages/projects/{project_name}';

/** What a document gets wrong: the beginnings of what is said where nothing at all could fit. */
const mistaken: Readonly<Record<string, readonly string[]>> = {
  // Refusals stand there by their status alone.
  'gitlab-ci-variable': ['GET /api/v4/projects/{id}/variables/{key} answered 404: there is a body, and the document has none'],
  // Of a token that is not known it says nothing anywhere.
  'okta-api-token': ['DELETE /api/v1/api-tokens/current answered 401: the document only has'],
  // A content type stands there, and no content.
  'mongodb-atlas-service-account': [
    'DELETE /api/atlas/v2/orgs/{orgId}/serviceAccounts/{clientId}/secrets/{secretId} answered 204: there is no body',
  ],
  'mongodb-atlas-api-key': ['DELETE /api/atlas/v2/orgs/{orgId}/apiKeys/{apiUserId} answered 204: there is no body'],
  // What every answer of Cloudflare has stands there as an empty schema.
  'cloudflare-pages-secret': [
    `GET ${pages}`,
    `PATCH ${pages}`,
    `GET ${pages}/deployments`,
    `GET ${pages}/deployments/{deployment_id}`,
    `POST ${pages}/deployments/{deployment_id}/retry`,
  ].flatMap((call) => ['success', 'errors', 'messages'].map((field) => `${call} answered 200: the body has \`${field}\``)),
  // A part of a list is answered as one: the document leaves out the header Range and what follows from it.
  'heroku-config-var': ['GET /apps/{app}/releases answered 206: the document only has 200'],
  'vercel-env': [
    // Its environments are names of a program's types, cut off: "mport(...).EnvTarget.Productio".
    'POST /v10/projects/{idOrName}/env: the request body at /target/0 is none of mport',
    'POST /v10/projects/{idOrName}/env: the request body must be array',
    'POST /v10/projects/{idOrName}/env: the request body must match exactly one schema in oneOf',
    // A whole deployment fits the schema of a shortened one as well.
    'GET /v13/deployments/{idOrUrl} answered 200: the body must match exactly one schema in oneOf',
  ],
};

describe('rotators keep to the documents of their vendors', () => {
  for (const name of registry.rotatorNames) {
    judged('providers', name, undefined, async () => {
      const life = await createLife({ provider: name });
      await live(life);
      await askAgain(life);
      return life.exchanges.ofProvider;
    });
  }
});

describe('dependents keep to the documents of their vendors', async () => {
  for (const name of registry.dependentNames) {
    const facts = (await registry.dependent(name))?.facts;
    const behindSdk =
      facts?.api === undefined ? "it only speaks through AWS's SDK, which is made from the same document" : undefined;
    judged('dependents', name, behindSdk, async () => {
      const life = await createLife({ dependent: name });
      await live(life);
      expect(life.place?.holds()).toBe(life.value());
      return life.exchanges.ofPlace;
    });
  }
});

/** Some documents were written by hand after a vendor's pages, where the vendor publishes none; these prove less. */
const isTranscribed = (document: unknown) => /HAND-TRANSCRIBED/.test(JSON.stringify((document as { info?: unknown }).info));

describe.skipIf(documents === undefined)('whoever is said to be proven on a vendor document has one', async () => {
  const claims = [
    ...registry.rotatorNames.map((name) => ['providers', name, registry.rotator(name)] as const),
    ...registry.dependentNames.map((name) => ['dependents', name, registry.dependent(name)] as const),
  ];
  const all = await Promise.all(claims.map(async ([sort, name, plugin]) => [sort, name, (await plugin)?.facts.proven] as const));
  const claiming = all.filter(([, , proven]) => proven?.some(({ on }) => on === 'vendor document'));
  it.each(claiming)('%s: %s', (sort, name) => {
    const found = documentOf(sort, name);

    expect('document' in found && !isTranscribed(found.document)).toBe(true);
  });
});

function judged(
  sort: 'providers' | 'dependents',
  name: string,
  whyNot: string | undefined,
  liveThrough: () => Promise<readonly Exchange[]>,
): void {
  const found = documentOf(sort, name);
  const reason = whyNot ?? ('why' in found ? found.why : undefined);
  if ('why' in found || reason !== undefined) {
    it.skip(`${name} (${reason})`, () => {});
    return;
  }
  it(name, async () => {
    const judge = createOpenApiJudge(found.document);

    const exchanges = await liveThrough();

    const departures = exchanges.flatMap(judge);
    const isLeftOut = ({ kind, says }: { kind: string; says: string }) =>
      kind === 'unknown' && (leftOut[name] ?? []).some((call) => says.startsWith(`${call}:`));
    const isMistaken = ({ says }: { says: string }) => (mistaken[name] ?? []).some((beginning) => says.startsWith(beginning));
    const ours = departures.filter((each) => !isLeftOut(each) && !isMistaken(each));
    expect([...new Set(ours.map(({ says }) => says))]).toEqual([]);
    expect(exchanges.length - departures.filter(isLeftOut).length).toBeGreaterThan(3);
  });
}

/** First value, rotation, a rotation that is put back, and the end of everything that is not current. */
async function live(life: Life): Promise<void> {
  const { slots, revoke, isMultiline } = (await life.open(life.token)).rotator.facts;
  life.submitWhereNeeded();
  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  life.submitWhereNeeded();
  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  if (slots.can && slots.live < 3) await life.retireFully(); // a third has no place
  life.submitWhereNeeded();
  // Of what no header takes there are no checks, so that it is renewed once more.
  expect(await life.rotateInVain()).toMatchObject(isMultiline ? [] : [{ code: 'check-failed' }]);
  await life.retireFully();
  if (revoke.can) expect(life.live()).toEqual([life.value()]);
}

/** What a whole life does not ask by itself: a token by its ref, by its value, and the end of one that has ended. */
async function askAgain(life: Life): Promise<void> {
  const { rotator, withAuthority } = await life.open(life.token);
  for (const { ref, value } of life.issuer.state.tokens) {
    const credential = { value: new Secret(value), parts: {} };
    await withAuthority(async (context) => rotator.inspect?.(context, { ref, credential }));
    await withAuthority(async (context) => rotator.inspect?.(context, { credential }));
    await withAuthority(async (context) => rotator.revoke?.(context, { ref, credential }));
    await withAuthority(async (context) => rotator.revoke?.(context, { ref, credential }));
  }
}
