import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Copy, Dependent, DependentContext, Effect, HttpRequest, Method } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { certificateAuthorityData, secretText, toPem } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const name = z
  .string()
  .regex(/^[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/, 'must be lower case letters, digits, hyphens and full stops');

const described = z.strictObject({
  server: z.url({ protocol: /^https?$/ }).describe('The address of the API server.'),
  certificateAuthorityData: certificateAuthorityData
    .optional()
    .describe(
      'The authority that signed its certificate, as `certificate-authority-data` of a kubeconfig has it; one that Node knows needs none.',
    ),
  namespace: name.describe('The namespace.'),
  secret: name.describe('The name of the Secret, which must exist.'),
  key: z
    .string()
    .regex(/^[-._a-zA-Z0-9]{1,253}$/, 'must be letters, digits, hyphens, underscores and full stops')
    .describe('The key of its data that is the copy.'),
  deployments: z
    .array(name)
    .default([])
    .describe('The Deployments that read it when they start, and are restarted. What mounts it as a volume needs none.'),
});
const target = described.refine(
  ({ server, certificateAuthorityData }) => certificateAuthorityData === undefined || server.startsWith('https:'),
  { path: ['certificateAuthorityData'], error: 'is only for a server of `https://`' },
);
type Target = z.infer<typeof target>;

const authority = z.strictObject({ token: secretText });
type Authority = z.infer<typeof authority>;
type Context = DependentContext<Target, Authority>;

const texts = z.record(z.string(), z.string());
const stored = z.object({
  metadata: z.object({
    resourceVersion: z.string().min(1),
    ownerReferences: z.array(z.object({ kind: z.string() })).optional(),
    labels: texts.optional(),
    annotations: texts.optional(),
  }),
  immutable: z.boolean().optional(),
  data: texts.optional(),
});
type Stored = z.infer<typeof stored>;
const count = z.int().default(0);
const deployment = z.object({
  metadata: z.object({ generation: z.int() }),
  spec: z.object({
    paused: z.boolean().default(false),
    replicas: z.int().default(1),
    template: z.object({ metadata: z.object({ annotations: texts.optional() }).optional() }),
  }),
  status: z.object({
    observedGeneration: count,
    replicas: count,
    updatedReplicas: count,
    availableReplicas: count,
    conditions: z.array(z.object({ type: z.string(), reason: z.string().optional() })).default([]),
  }),
});

export const kubernetesSecret: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(context) {
    const found = await readSecret(context);
    assertOurs(context, found);
    for (const each of context.target.deployments) {
      if ((await readDeployment(context, each)).spec.paused)
        throw unfit(`the Deployment ${each} is paused, and would not restart`);
    }
    const value = shownValue(context, found);
    return {
      readClass: 'value',
      exists: value !== undefined,
      matches: (candidate) => candidate.equals(value),
      version: found.metadata.resourceVersion,
      lock: found.metadata.resourceVersion,
    };
  },

  async apply(context, { value }, seen) {
    const data = { [context.target.key]: new Secret(Buffer.from(value.reveal()).toString('base64')) };
    const json = { metadata: { resourceVersion: seen.lock }, data };
    const answer = await patch(context, secretPath(context), { json, accept: [409] });
    if (answer.status !== 409) return { version: answer.json(stored).metadata.resourceVersion };
    throw new RotationError(
      'conflict',
      `${facts.name}: ${context.target.secret} was changed by somebody else at the same moment`,
      {
        fix: 'Nothing to do: the next attempt looks at what is there.',
        definite: true,
      },
    );
  },

  async activate(context, copy, applied) {
    // Named by the write, so that pods which started with something that was there in between are restarted as well.
    const version = applied.version ?? (await readSecret(context)).metadata.resourceVersion;
    const activation = `${copy.versionId}.${version}`;
    for (const each of context.target.deployments) {
      if (startedWith(context, await readDeployment(context, each)) === activation) continue;
      const json = { spec: { template: { metadata: { annotations: { [annotation(context)]: activation } } } } };
      await patch(context, deploymentPath(context, each), { json, idempotent: true });
    }
    return { activation };
  },

  async inEffect(context, copy, evidence) {
    if (!copy.value.equals(shownValue(context, await readSecret(context))))
      return { state: 'not-yet', detail: `${context.target.key} holds another value` };
    for (const each of context.target.deployments) {
      const effect = rolledOut(context, each, await readDeployment(context, each), copy, evidence?.activation);
      if (effect.state !== 'in-effect') return effect;
    }
    return { state: 'in-effect', by: 'reading' };
  },
};

function rolledOut(
  context: Context,
  which: string,
  { metadata, spec, status }: z.infer<typeof deployment>,
  copy: Copy,
  activation: string | undefined,
): Effect {
  const started = startedWith(context, { spec });
  const isAsked = activation === undefined ? started?.startsWith(`${copy.versionId}.`) === true : started === activation;
  if (!isAsked) return { state: 'not-yet', detail: `${which} was not restarted since` };
  if (status.observedGeneration < metadata.generation) return { state: 'not-yet', detail: `${which} is about to restart` };
  if (status.conditions.some(({ reason }) => reason === 'ProgressDeadlineExceeded'))
    return { state: 'failed', detail: `the restart of ${which} does not come to its end` };
  const { replicas, updatedReplicas, availableReplicas } = status;
  const isWhole = [replicas, updatedReplicas, availableReplicas].every((pods) => pods === spec.replicas);
  return isWhole ? { state: 'in-effect', by: 'reading' } : { state: 'not-yet', detail: `${which} is restarting` };
}

/** What somebody else makes out of something else would be written over by them, and what cannot be changed is not ours to replace. */
function assertOurs({ target }: Context, { metadata, immutable }: Stored): void {
  const { ownerReferences = [], labels = {}, annotations = {} } = metadata;
  const signs = { ...labels, ...annotations };
  const owner =
    ownerReferences[0]?.kind ??
    (signs['app.kubernetes.io/managed-by'] === 'Helm' ? 'Helm' : undefined) ??
    (Object.keys(signs).some((sign) => sign.startsWith('argocd.argoproj.io/')) ? 'Argo CD' : undefined);
  if (owner !== undefined) throw unfit(`${target.secret} is made by ${owner}, which would write the token over`);
  if (immutable === true) throw unfit(`${target.secret} is immutable`);
}

async function readSecret(context: Context): Promise<Stored> {
  return (await call(context, 'GET', secretPath(context))).json(stored);
}

async function readDeployment(context: Context, which: string): Promise<z.infer<typeof deployment>> {
  return (await call(context, 'GET', deploymentPath(context, which))).json(deployment);
}

function shownValue({ target }: Context, { data = {} }: Stored): Secret | undefined {
  const encoded = data[target.key];
  return encoded === undefined ? undefined : new Secret(Buffer.from(encoded, 'base64').toString('utf8'));
}

/** For which write of ours its pods were started. */
function startedWith(context: Context, { spec }: Pick<z.infer<typeof deployment>, 'spec'>): string | undefined {
  return spec.template.metadata?.annotations?.[annotation(context)];
}

/** One for each copy: several may stand in the same pods. */
function annotation({ target }: Context): string {
  return `keyturn/copy-${createHash('sha256').update(`${target.secret}/${target.key}`).digest('hex').slice(0, 12)}`;
}

/** What a merge patch does not name stays as it is. */
function patch(context: Context, path: string, request: HttpRequest) {
  const headers = { 'content-type': 'application/merge-patch+json' };
  return call(context, 'PATCH', path, { ...request, headers, query: { fieldManager: 'keyturn' } });
}

function call({ http, target, authority }: Context, method: Method, path: string, request: HttpRequest = {}) {
  const { certificateAuthorityData: data } = target;
  const certificateAuthority = data === undefined ? {} : { certificateAuthority: toPem(data) };
  return http(method, path, { ...request, ...certificateAuthority, bearer: authority.token });
}

function secretPath({ target }: Context): string {
  return `/api/v1/namespaces/${target.namespace}/secrets/${target.secret}`;
}

function deploymentPath({ target }: Context, which: string): string {
  return `/apis/apps/v1/namespaces/${target.namespace}/deployments/${which}`;
}

function unfit(why: string): RotationError {
  return new RotationError('rejected', `${facts.name}: ${why}`, {
    fix: 'Keep the copy where the Secret is made, or name another Secret in the catalog.',
    definite: true,
  });
}
