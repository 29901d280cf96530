import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { AuthorityContext, HttpRequest, Method, Rotator } from '../../lib/engine/contract.ts';
import { absence, RotationError } from '../../lib/engine/errors.ts';
import type { Secret } from '../../lib/engine/secret.ts';
import { nextLink, readPages } from '../../lib/plugin/pages.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { answer, type question, said } from '../../lib/ssh/question.ts';
import { headers } from '../../lib/vendors/github.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({
  repository: z
    .string()
    .regex(/^[A-Za-z0-9-]+\/[A-Za-z0-9._-]+$/, 'must be an owner, a slash and a repository')
    .describe('The repository, as `owner/name`.')
    .meta({ principal: true }),
  access: z.enum(['read', 'write']).default('read').describe('Whether whoever has the key may push as well.'),
  apiUrl: z
    .url({ protocol: /^https?$/ })
    .default('https://api.github.com')
    .describe('The API of an Enterprise Server: `https://<host>/api/v3`.')
    .meta({ principal: true }),
  sshAddress: z
    .string()
    .regex(/^ssh:\/\/[A-Za-z0-9.-]+(?::\d+)?$/, 'must be `ssh://`, a host and perhaps a port')
    .default('ssh://ssh.github.com:443')
    .describe('Where git connects by SSH; of an Enterprise Server `ssh://<host>`. Port 443 is open where 22 is not.'),
  hostKeys: z
    .array(
      z
        .string()
        .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'must be `SHA256:` and 43 characters, as `ssh-keygen -lf` prints it')
        .meta({ identifier: true }),
    )
    .min(1)
    .default([...facts.hostKeys])
    .describe('Fingerprints of the host, one of which it has to show; those of GitHub.com unless said otherwise.'),
});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = AuthorityContext<Scope, Authority>;

const shown = z.object({
  id: z.int().positive(),
  key: z.string().regex(/^\S+ [A-Za-z0-9+/]+=*(?: |$)/),
  title: z.string(),
  read_only: z.boolean(),
  created_at: z.iso.datetime({ offset: true }),
});
type Shown = z.infer<typeof shown>;

export const githubDeployKey: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint({ crypto }) {
    const { privateKey, publicKey } = await crypto.makeKeyPair();
    return { credential: { value: privateKey, parts: {} }, ref: fingerprint(publicKey) };
  },

  // A key opens one repository only, so that a second one of the same name cannot come about: what is there already is refused.
  async install(context, { credential, ref }, mark) {
    const key = await publicKeyOf(context, credential.value);
    const json = { title: mark, key, read_only: context.scope.access === 'read' };
    const { status } = await call(context, 'POST', keysOf(context.scope), { json, idempotent: true, accept: [422] });
    if (status === 201 || (await list(context)).some((each) => fingerprint(each.key) === ref)) return;
    if (status !== 422)
      throw problem('malformed', `a key was sent and answered with ${status}, and is not in the list`, 'Check `apiUrl`.');
    const fix = 'See the repository under Settings > Deploy keys, and whether its organization allows them.';
    throw problem('rejected', 'GitHub refused the key, and it is not in the list of the repository', fix, true);
  },

  async verify({ http, scope }, { value }) {
    const { repository, sshAddress, hostKeys } = scope;
    const json = { user: 'git', privateKey: value, hostKeys } satisfies Asked;
    const accept = [said.noKey, said.turnedAway, said.noRepository, said.otherHost];
    const answered = await http('POST', `${sshAddress}/${repository}.git`, { json, asks: true, accept });
    if (answered.status === said.otherHost) {
      const fix =
        'Compare `hostKeys` with the fingerprints that GitHub publishes. If they are right, somebody stands in between.';
      throw problem('malformed', 'the host showed a key that is not in `hostKeys`; nothing was sent to it', fix);
    }
    const refusal = refusals[answered.status];
    if (refusal !== undefined) return { ok: false, why: 'rejected', detail: refusal };
    answered.json(answer);
    return { ok: true };
  },

  async inspect(context, { ref, credential }) {
    const wanted = ref ?? fingerprint(await publicKeyOf(context, credential.value));
    const found = (await list(context)).find(({ key }) => fingerprint(key) === wanted);
    if (found === undefined) return {};
    return { ref: wanted, scopes: [found.read_only ? 'read' : 'write'], createdAt: Date.parse(found.created_at) };
  },

  async revoke(context, { ref }) {
    for (const { id, key } of await list(context)) {
      if (fingerprint(key) !== ref) continue;
      await call(context, 'DELETE', `${keysOf(context.scope)}/${id}`, { idempotent: true }).catch(absence);
    }
  },

  async find(context) {
    return (await list(context)).map(({ key, title, created_at }) => ({
      ref: fingerprint(key),
      name: title,
      createdAt: Date.parse(created_at),
    }));
  },
};

/** As it stands in the question, with the key still closed. */
type Asked = Omit<z.infer<typeof question>, 'privateKey'> & { readonly privateKey: Secret };

const refusals: Readonly<Record<number, string>> = {
  [said.noKey]: 'it is no private key that SSH can use without a passphrase',
  [said.turnedAway]: 'the host knows no such key',
  [said.noRepository]: 'the host took the key, and did not let it see this repository',
};

function keysOf({ repository }: Scope): string {
  return `/repos/${repository}/keys`;
}

async function list(context: Context): Promise<readonly Shown[]> {
  return readPages(`${facts.name}: the list of deploy keys`, async (page: number = 1) => {
    const answer = await call(context, 'GET', keysOf(context.scope), { query: { per_page: 100, page } });
    return { items: answer.json(z.array(shown)), next: nextLink(answer) === undefined ? undefined : page + 1 };
  });
}

/** The name of a key whoever has it knows without asking: GitHub's own number comes only with an answer, which can be lost. */
function fingerprint(publicKey: string): string {
  const [, blob = ''] = publicKey.split(' ');
  return createHash('sha256').update(Buffer.from(blob, 'base64')).digest('base64url');
}

async function publicKeyOf({ crypto }: Context, privateKey: Secret): Promise<string> {
  const publicKey = await crypto.publicKeyOf(privateKey);
  if (publicKey !== undefined) return publicKey;
  const fix = 'Store the whole key, with its first and last line, and one without a passphrase.';
  throw problem('value-shape', 'what is stored is no private key that SSH can use', fix, true);
}

function call({ http, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  return http(method, path, { ...request, headers, bearer: authority.token });
}

function problem(code: 'malformed' | 'rejected' | 'value-shape', what: string, fix: string, definite = false): RotationError {
  return new RotationError(code, `${facts.name}: ${what}`, { fix, definite });
}
