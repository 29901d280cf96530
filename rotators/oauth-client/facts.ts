import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';

export const facts = {
  name: 'oauth-client',
  title: 'OAuth client (dynamic registration)',
  summary:
    'A client of an authorization server of your own that asks for access tokens by itself; every rotation registers a new one.',
  kind: 'api',
  strategy: 'overlap',
  api: { field: 'registrationUrl' },
  otherHosts: [{ field: 'tokenUrl' }],
  mark: cannot('the name of a client is kept, and cannot be looked for: the protocol has no list'),
  list: cannot('the protocol has no list of clients'),
  revoke: can(),
  expiry: cannot('it is told once, when the client is registered; the catalog sets the age instead'),
  scopes: cannot('what a client may ask for is told once, when it is registered'),
  lastUsed: cannot('the protocol does not tell when a client was used'),
  slots: cannot('the protocol knows no limit'),
  parts: {
    clientId: 'the client id, another one with every rotation',
    registration: 'the address at which this client is managed, a space, and the token that may delete it there',
  },
  requiredParts: ['clientId', 'registration'],
  secretRefPart: 'registration',
  valueBytes: 256,
  settleSeconds: 0,
  deathSeconds: 0,
  leastPrivilege: [
    'The server must do both halves of dynamic registration: RFC 7591 (register) and RFC 7592 (delete). Where it tells no `registration_access_token`, no old client can be ended, and this rotator is not for it. It must manage clients at the host where it registers them.',
    'Have the server issue an initial access token that may register clients and nothing else, and limit there which scopes and grants such clients get.',
    'Store it in the authority secret: the bare token, or {"value": "..."}.',
    'Give whoever reads the token both fields, client id and secret: both change. Rights that hang on the client id itself have to be given to each new client; better, to what they are registered with.',
  ],
  byHand: [
    'Register a client: POST to `registrationUrl` with the initial access token as bearer and `{"client_name": "...", "grant_types": ["client_credentials"], "response_types": [], "redirect_uris": [], "token_endpoint_auth_method": "client_secret_basic"}`.',
    'Store `client_id`, `client_secret`, and `registration_client_uri` and `registration_access_token` with a space between them, in the secret, and rotate the dependents.',
    'Send DELETE to the old `registration_client_uri` with the old `registration_access_token` when nothing uses the old client any more.',
  ],
  ifAllElseFails: 'delete the old client in the administration of the authorization server; its id is in the secret.',
  sources: [
    {
      says: "POST of a client's metadata with an initial access token answers 201 with its id and secret",
      url: 'https://www.rfc-editor.org/rfc/rfc7591',
      checked: '2026-11-25',
    },
    {
      says: 'DELETE at registration_client_uri with the registration access token ends the client; afterwards that token gets 401',
      url: 'https://www.rfc-editor.org/rfc/rfc7592',
      checked: '2026-11-25',
    },
    {
      says: 'client credentials: 401 invalid_client is said to a client that is not known or does not prove itself',
      url: 'https://www.rfc-editor.org/rfc/rfc6749',
      checked: '2026-11-25',
    },
    {
      says: 'oidc-provider 9.13.3: a new client works at once and a deleted one is refused at once; a secret has 86 characters',
      url: 'https://www.npmjs.com/package/oidc-provider/v/9.13.3',
      checked: '2026-11-25',
    },
  ],
  unconfirmed: [
    {
      says: 'that secrets have no end: where a server gives them one (`client_secret_expires_at`), rotate more often than that',
      setting: 'schedule',
    },
    { says: 'how long other servers go on taking a client that was deleted: taken to be no time', setting: 'facts.deathSeconds' },
    { says: 'whether access tokens that a deleted client got before live on to their end: mostly so', setting: 'overlapHours' },
    {
      says: 'that a client whose registration was not answered does no harm: nobody has its secret, and it can only be seen in the administration of the server',
      setting: 'checks',
    },
  ],
  proven: [
    { on: 'fake', date: '2026-11-25' },
    { on: 'real service', date: '2026-11-25' },
  ],
} as const satisfies RotatorFacts;
