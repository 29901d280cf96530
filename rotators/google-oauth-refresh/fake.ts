import * as z from 'zod';
import { type FakeAnswer, type FakeRequest, type FakeWorld, formOf, type RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

const question = z.strictObject({
  grant_type: z.literal('refresh_token'),
  client_id: z.string(),
  client_secret: z.string(),
  refresh_token: z.string(),
});

/** One account that consented to many clients: a client ends with its token, and each is refused in its own words. */
export const fake = ((world: FakeWorld) => {
  const account = 'ads@acme.example';
  const tokens = handmadeTokens(world, facts, () => {
    const parts = {
      clientId: `${world.random(12)}.apps.googleusercontent.com`,
      clientSecret: `canary-GOCSPX-${world.random(28)}`,
    };
    return { ...namedByValue(`canary-1//0${world.random(60)}`), parts };
  });
  const scope = 'openid https://www.googleapis.com/auth/adwords https://www.googleapis.com/auth/userinfo.email';
  const idToken = ['{"alg":"RS256"}', JSON.stringify({ aud: 'x', email: account }), 'signature']
    .map((part) => Buffer.from(part).toString('base64url'))
    .join('.');

  return Object.assign(tokens, {
    api: facts.api,
    scope: { account },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method !== 'POST' || path !== '/token') return { status: 404, body: '<html>Error 404 (Not Found)!!1' };
      const form = question.safeParse(formOf(request));
      if (!form.success) return no(400, 'invalid_request');
      const { client_id, client_secret, refresh_token } = form.data;
      const owned = tokens.state.tokens.find(({ parts }) => parts?.clientId === client_id);
      if (owned === undefined || owned.parts?.clientSecret !== client_secret) return no(401, 'invalid_client');
      if (!tokens.accepts(owned.value)) return no(401, 'deleted_client');
      if (owned.value !== refresh_token)
        return tokens.accepts(refresh_token) ? no(400, 'unauthorized_client') : no(400, 'invalid_grant');
      const access_token = `canary-ya29.${world.random(20)}`;
      return { status: 200, body: { access_token, expires_in: 3599, scope, token_type: 'Bearer', id_token: idToken } };
    },
  });
}) satisfies RotatorFakeFactory;

function no(status: number, error: string): FakeAnswer {
  return { status, body: { error, error_description: 'no' } };
}
