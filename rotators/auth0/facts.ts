import { cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'auth0',
  title: 'Auth0 client secret',
  summary: 'The one secret with which an application of an Auth0 tenant proves itself when it asks for access tokens.',
  kind: 'api',
  strategy: 'replace',
  api: { field: 'tenantUrl' },
  mark: cannot('an application has one secret, and it has no name'),
  list: cannot('an application has one secret, and it has no name'),
  revoke: cannot('making the next secret ends it'),
  expiry: cannot('client secrets of Auth0 never expire; the catalog sets the age instead'),
  scopes: cannot('what may be asked for is set by the grants of the application, not by the secret'),
  lastUsed: cannot('Auth0 does not tell when a secret was used'),
  slots: cannot('an application has one secret'),
  parts: { clientId: 'the client id of the application, which never changes' },
  requiredParts: [],
  valueBytes: 128,
  settleSeconds: 5,
  deathSeconds: 5,
  leastPrivilege: [
    'In the Auth0 Dashboard make a machine-to-machine application of its own for Keyturn, and authorize it for the Auth0 Management API with `update:client_keys` and nothing else. It may then renew the secret of every application of the tenant.',
    'Store its client id and secret as {"clientId": "...", "clientSecret": "..."} in the authority secret.',
    'Authorize the application of the token for at least one API, and name that API as `audience`: this is how its secret is tried.',
    "Every look at the secret gets one access token: count it into the tenant's quota of machine-to-machine tokens.",
    'The old secret ends at the very moment when the new one is made: let whoever uses it read the secret anew when it is refused, and rotate when few use it. Access tokens that it got before live on.',
  ],
  byHand: [
    'In the Auth0 Dashboard open Applications, choose the application, and under Settings > Danger Zone "Rotate secret". From now on the old one is refused.',
    'Copy the new one from Settings > Basic Information, store it in the secret, and rotate the dependents at once.',
  ],
  ifAllElseFails:
    'sign in at manage.auth0.com, open the application, and copy its secret from Settings > Basic Information: unlike others, Auth0 shows it again.',
  sources: [
    {
      says: 'POST /api/v2/clients/{id}/rotate-secret answers the application with its new secret, and the old one ends',
      url: 'https://github.com/auth0/node-auth0/tree/master/src/management/api/resources/clients',
      checked: '2026-11-22',
    },
    {
      says: 'POST /oauth/token: 401 access_denied is said of a wrong secret, 403 of a right one without the grant',
      url: 'https://auth0.com/docs/get-started/authentication-and-authorization-flow/client-credentials-flow/call-your-api-using-the-client-credentials-flow',
      checked: '2026-11-22',
    },
  ],
  unconfirmed: [
    { says: 'that the secret is looked at before the grant, so that a 403 says that it is right', setting: 'scope.audience' },
    { says: 'how long a secret may be: 64 characters so far, taken to be 128 at most', setting: 'facts.valueBytes' },
    { says: 'how long a new secret may be refused, and the old one work: taken to be 5 s each', setting: 'facts.settleSeconds' },
    {
      says: "that a tenant's own domain serves the Management API too: use the one that ends in auth0.com",
      setting: 'scope.tenantUrl',
    },
  ],
  proven: [{ on: 'fake', date: '2026-11-25' }],
} as const satisfies RotatorFacts;
