import { basicOf, type FakeAnswer, type FakeRequest, formOf } from '../testing/fake.ts';

/** The token endpoint of Atlas: access for whoever proves themselves, the same text that is given here. */
export function atlasAccess(request: FakeRequest, isKnown: (id: string, secret: string) => boolean, access: string): FakeAnswer {
  if (formOf(request)?.grant_type !== 'client_credentials') return { status: 400, body: { error: 'unsupported_grant_type' } };
  const { user = '', password = '' } = basicOf(request) ?? {};
  if (!isKnown(user, password)) return { status: 401, body: { error: 'invalid_client' } };
  return { status: 200, body: { access_token: access, token_type: 'Bearer', expires_in: 3600 } };
}

export function atlasProblem(error: number, reason: string, errorCode: string): FakeAnswer {
  return { status: error, body: { detail: reason, error, errorCode, parameters: [], reason } };
}
