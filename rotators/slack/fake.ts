import {
  bearerOf,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  formOf,
  type RotatorFakeFactory,
} from '../../lib/testing/fake.ts';
import { handmadeTokens, namedByValue } from '../../lib/testing/handmade.ts';
import { facts } from './facts.ts';

/** One workspace: 200 whatever is said, forms only, and what is dead is told apart from what never was. */
export const fake = ((world: FakeWorld) => {
  const teamId = 'T0ACME';
  const tokens = handmadeTokens(world, facts, () => namedByValue(`canary-xoxb-${world.random(40)}`));

  return Object.assign(tokens, {
    api: 'https://slack.com/api',
    scope: { apiUrl: 'https://slack.com/api', teamId },
    authority: {},

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (method !== 'POST') return no('invalid_http_method');
      const form = formOf(request);
      if (form === undefined) return no('invalid_form_data');
      if (Object.keys(form).length > 0) return no('invalid_arguments');
      const bearer = bearerOf(request);
      if (bearer === undefined) return no('not_authed');
      const token = tokens.taken(bearer);
      if (token === undefined)
        return no(tokens.state.tokens.some(({ value }) => value === bearer) ? 'token_revoked' : 'invalid_auth');
      if (path === '/api/auth.test')
        return yes({
          url: 'https://acme.slack.com/',
          team: 'Acme',
          user: 'bot',
          team_id: teamId,
          user_id: 'U0BOT',
          bot_id: 'B0BOT',
        });
      if (path !== '/api/auth.revoke') return no('unknown_method');
      tokens.end(token);
      return yes({ revoked: true });
    },
  });
}) satisfies RotatorFakeFactory;

function yes(body: object): FakeAnswer {
  return { status: 200, headers: { 'x-oauth-scopes': 'chat:write,channels:read' }, body: { ok: true, ...body } };
}

function no(error: string): FakeAnswer {
  return { status: 200, body: { ok: false, error } };
}
