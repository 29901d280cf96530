// A real issuer of OpenID Connect (oidc-provider) in a process of its own. Whoever signs in is the person of whom it was told last.
// Plain JavaScript, because it is started by Node itself.
import { createServer } from 'node:http';
import { Provider } from 'oidc-provider';

process.on('disconnect', () => process.exit(0));
const accounts = new Map();
let next = '';
let isSilent = false;
process.on('message', ({ account, removed, signsIn, silent }) => {
  if (account !== undefined) accounts.set(account.sub, account);
  if (removed !== undefined) accounts.delete(removed);
  if (signsIn !== undefined) next = signsIn;
  if (silent !== undefined) isSilent = silent;
  process.send({ done: true });
});

const { redirectUri } = JSON.parse(process.argv[2]);
const server = createServer((request, response) => (isSilent ? request.destroy() : handle(request, response)));
let handle;
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(url, {
    clients: [
      {
        client_id: 'console',
        token_endpoint_auth_method: 'none',
        grant_types: ['authorization_code'],
        response_types: ['code'],
        redirect_uris: [redirectUri],
      },
    ],
    features: { devInteractions: { enabled: false } },
    pkce: { required: () => true },
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'groups'] },
    interactions: { url: (_context, { uid }) => `/as/${uid}` },
    findAccount: (_context, sub) => accounts.has(sub) && { accountId: sub, claims: () => accounts.get(sub) },
    // Nobody is asked whether the console may know who they are.
    async loadExistingGrant(context) {
      const grant = new context.oidc.provider.Grant({
        clientId: context.oidc.client.clientId,
        accountId: context.oidc.session.accountId,
      });
      grant.addOIDCScope('openid email profile');
      await grant.save();
      return grant;
    },
    ttl: { AccessToken: 36_000, Grant: 36_000, IdToken: 3600, Interaction: 600, Session: 36_000 },
  });
  const callback = provider.callback();
  handle = (request, response) => {
    if (!request.url.startsWith('/as/')) return callback(request, response);
    return provider.interactionFinished(request, response, { login: { accountId: next } });
  };
  process.send({ url });
});
