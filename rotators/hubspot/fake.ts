import * as z from 'zod';
import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

const question = z.strictObject({ tokenKey: z.string() });

/** One account: keys that may not ask for it, and a page of HTML for a key that is not known. */
export const fake = ((world: FakeWorld) => {
  const portalId = 4711;
  const tokens = handmadeTokens(world, facts, () => {
    const sort = tokens.state.tokens.length % 2 === 0 ? 'pat-eu1' : 'pat-eu1-narrow';
    return namedByValue(`canary-${sort}-${world.random(36)}`);
  });

  return Object.assign(tokens, {
    api: facts.api,
    scope: { portalId },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      const bearer = tokens.taken(bearerOf(request));
      if (method === 'POST' && path === '/oauth/v2/private-apps/get/access-token-info') {
        const asked = question.safeParse(jsonOf(request));
        if (!asked.success) return problem(400, 'VALIDATION_ERROR');
        const token = tokens.taken(asked.data.tokenKey);
        if (token === undefined || bearer !== token) return { status: 404, body: '<html><title>Error 404</title></html>' };
        return { status: 200, body: { userId: 7, hubId: portalId, appId: 9, scopes: ['crm.objects.contacts.read', 'oauth'] } };
      }
      if (bearer === undefined) return problem(401, 'INVALID_AUTHENTICATION');
      if (method !== 'GET' || path !== '/account-info/2026-03/details') return problem(404, 'OBJECT_NOT_FOUND');
      if (bearer.value.includes('narrow')) return problem(403, 'MISSING_SCOPES');
      return { status: 200, body: { portalId, accountType: 'STANDARD', timeZone: 'Europe/Berlin' } };
    },
  });
}) satisfies RotatorFakeFactory;

function problem(status: number, category: string): FakeAnswer {
  return { status, body: { status: 'error', message: 'no', correlationId: 'c0ffee', category } };
}
