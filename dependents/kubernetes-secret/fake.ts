import * as z from 'zod';
import {
  bearerOf,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeWorld,
  jsonOf,
} from '../../lib/testing/fake.ts';

type Texts = Readonly<Record<string, string>>;

interface State {
  readonly secret: {
    readonly data: Texts;
    readonly resourceVersion: number;
    readonly metadata: object;
    readonly immutable: boolean;
  };
  readonly deployment: {
    readonly generation: number;
    readonly annotations: Texts;
    readonly paused: boolean;
    /** When all pods are new ones; until then some are, and some are not. */
    readonly readyAt: number;
    readonly isStuck: boolean;
    /** What pods had at their start: those of before, and the new ones. */
    readonly before: Texts;
    readonly now: Texts;
  };
}

const secretPatch = z.strictObject({
  metadata: z.strictObject({ resourceVersion: z.string().optional() }).optional(),
  data: z.record(z.string().regex(/^[-._a-zA-Z0-9]+$/), z.base64().nullable()).optional(),
});
const deploymentPatch = z.strictObject({
  spec: z.strictObject({
    template: z.strictObject({ metadata: z.strictObject({ annotations: z.record(z.string(), z.string()) }) }),
  }),
});

const rolloutMilliseconds = 25_000;

/** One Secret, and a Deployment whose three pods read it when they start and are replaced one by one. */
export const fake = ((world: FakeWorld) => {
  const token = 'canary-service-account-token';
  const key = 'API_TOKEN';
  const secretPath = '/api/v1/namespaces/shop/secrets/app';
  const deploymentPath = '/apis/apps/v1/namespaces/shop/deployments/web';
  const data = { OTHER: encoded('canary-neighbour') };

  const self = {
    api: 'https://cluster.kubernetes.test',
    target: { server: 'https://cluster.kubernetes.test', namespace: 'shop', secret: 'app', key, deployments: ['web'] },
    authority: { token },
    state: {
      secret: { data, resourceVersion: 100, metadata: { labels: { team: 'shop' } }, immutable: false },
      deployment: {
        generation: 1,
        annotations: { 'prometheus.io/scrape': 'true' },
        paused: false,
        readyAt: 0,
        isStuck: false,
        before: data,
        now: data,
      },
    } as State,

    holds() {
      const { before, now } = self.state.deployment;
      return decoded((isRolledOut() ? now : before)[key]);
    },
    written: () => decoded(self.state.secret.data[key]),
    tamper(value: string) {
      write({ ...self.state.secret.data, [key]: encoded(value) });
      restart({ ...self.state.deployment.annotations, 'kubectl.kubernetes.io/restartedAt': String(world.now()) }, 0);
    },
    neighbours: () => [
      self.state.secret.data.OTHER,
      self.state.secret.metadata,
      self.state.deployment.annotations['prometheus.io/scrape'],
    ],

    handle(request: FakeRequest): FakeAnswer {
      const { method, path } = request;
      if (bearerOf(request) !== token) return problem(401, 'Unauthorized');
      if (![secretPath, deploymentPath].includes(path)) return problem(403, 'Forbidden');
      if (method === 'PATCH') return path === secretPath ? patchSecret(request) : patchDeployment(request);
      if (method !== 'GET') return problem(405, 'MethodNotAllowed');
      return { status: 200, body: path === secretPath ? shownSecret() : shownDeployment() };
    },
  };

  function isRolledOut(): boolean {
    const { readyAt, isStuck } = self.state.deployment;
    return readyAt <= world.now() && !isStuck;
  }

  function write(next: Texts): void {
    const { secret } = self.state;
    if (JSON.stringify(next) === JSON.stringify(secret.data)) return; // what changes nothing makes no version
    self.state = { ...self.state, secret: { ...secret, data: next, resourceVersion: secret.resourceVersion + 1 } };
  }

  function restart(annotations: Texts, milliseconds: number): void {
    const { deployment, secret } = self.state;
    if (JSON.stringify(annotations) === JSON.stringify(deployment.annotations)) return;
    const before = isRolledOut() ? deployment.now : deployment.before;
    const started = { annotations, before, now: secret.data, generation: deployment.generation + 1 };
    self.state = { ...self.state, deployment: { ...deployment, ...started, readyAt: world.now() + milliseconds } };
  }

  function patchSecret(request: FakeRequest): FakeAnswer {
    const parsed = secretPatch.safeParse(mergePatchOf(request));
    if (!parsed.success) return problem(415, 'UnsupportedMediaType');
    const { secret } = self.state;
    const { resourceVersion = String(secret.resourceVersion) } = parsed.data.metadata ?? {};
    if (resourceVersion !== String(secret.resourceVersion)) return problem(409, 'Conflict');
    if (secret.immutable) return problem(422, 'Invalid');
    const merged = Object.entries({ ...secret.data, ...parsed.data.data }).flatMap(([name, value]) =>
      value === null ? [] : [[name, value] as const],
    );
    write(Object.fromEntries(merged));
    return { status: 200, body: shownSecret() };
  }

  function patchDeployment(request: FakeRequest): FakeAnswer {
    const parsed = deploymentPatch.safeParse(mergePatchOf(request));
    if (!parsed.success) return problem(415, 'UnsupportedMediaType');
    restart({ ...self.state.deployment.annotations, ...parsed.data.spec.template.metadata.annotations }, rolloutMilliseconds);
    return { status: 200, body: shownDeployment() };
  }

  function shownSecret() {
    const { data: shown, resourceVersion, metadata, immutable } = self.state.secret;
    const named = { name: 'app', namespace: 'shop', uid: 'uid-app', resourceVersion: String(resourceVersion), ...metadata };
    return {
      kind: 'Secret',
      apiVersion: 'v1',
      metadata: named,
      type: 'Opaque',
      data: shown,
      ...(immutable ? { immutable } : {}),
    };
  }

  function shownDeployment() {
    const { generation, annotations, paused, readyAt, isStuck } = self.state.deployment;
    // The controller sees a change a little later.
    const isSeen = readyAt - world.now() < rolloutMilliseconds - 1000;
    const pods = isRolledOut() ? 3 : 2;
    const progress = {
      type: 'Progressing',
      status: isStuck ? 'False' : 'True',
      reason: isStuck ? 'ProgressDeadlineExceeded' : 'Started',
    };
    return {
      kind: 'Deployment',
      apiVersion: 'apps/v1',
      metadata: { name: 'web', namespace: 'shop', uid: 'uid-web', resourceVersion: String(1000 + generation), generation },
      spec: {
        replicas: 3,
        ...(paused ? { paused } : {}),
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' }, annotations }, spec: { containers: [{ name: 'web' }] } },
      },
      status: {
        observedGeneration: isSeen ? generation : generation - 1,
        replicas: 3,
        updatedReplicas: pods,
        availableReplicas: 3,
        conditions: [progress],
      },
    };
  }

  return self;
}) satisfies DependentFakeFactory;

function mergePatchOf(request: FakeRequest): unknown {
  return jsonOf(request, 'application/merge-patch+json');
}

function encoded(value: string): string {
  return Buffer.from(value).toString('base64');
}

function decoded(value: string | undefined): string | undefined {
  return value === undefined ? undefined : Buffer.from(value, 'base64').toString('utf8');
}

function problem(code: number, reason: string): FakeAnswer {
  return {
    status: code,
    body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message: reason, reason, code },
  };
}
