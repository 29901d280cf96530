// What a declared place answers besides what the suite goes through.
import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { http } from '../../dependents/http/index.ts';
import type { Copy, DependentContext } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { dependentFor } from '../../lib/engine/specific.ts';
import { createDoors } from '../../lib/http/door.ts';
import { type FakeAnswer, type FakeRequest, fetchOf } from '../../lib/testing/fake.ts';

const base = { service: 'Drydock', api: 'https://api.drydock.example', variables: { ship: 'tender' } };
const apply = { url: '/ships/{{variables.ship}}', json: { value: '{{value}}' }, out: { version: '/revision' } };
const copy: Copy = {
  value: new Secret('canary-value'),
  versionId: 'version-1'.padEnd(36, '0'),
  secretArn: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf',
  token: 'the-token',
};

function open(declared: object, answer: (request: FakeRequest) => FakeAnswer) {
  const requests: FakeRequest[] = [];
  const handle = (request: FakeRequest) => {
    requests.push(request);
    return answer(request);
  };
  const door = createDoors({
    fetch: fetchOf([{ api: base.api, handle }]),
    clock: { now: () => 0, sleep: async () => {} },
    random: (bytes) => new Uint8Array(bytes),
    remaining: () => 60_000,
    resolve: async () => [],
  })('http', { api: base.api, hosts: [base.api] });
  const target = http.target.parse({ ...base, apply, ...declared });
  const plugin = dependentFor(http, target);
  const context = { http: door, target, authority: {}, now: 0 } as unknown as DependentContext<unknown, unknown>;
  return { plugin, context, requests };
}

async function codeOf(act: Promise<unknown> | undefined) {
  const error: unknown = await act?.then(
    () => 'no error',
    (problem) => problem,
  );
  return error instanceof RotationError ? `${error.code}${error.definite ? ', definite' : ''}` : error;
}

it('is told by a digest which copy is there', async () => {
  const digest = createHash('sha256').update('canary-value').digest('hex').toUpperCase();
  const { plugin, context } = open({ read: { url: '/ships/tender', out: { digest: '/sha' } } }, () => ({
    status: 200,
    body: { sha: `sha256:${digest}` },
  }));

  const holding = await plugin.read(context);

  expect(plugin.facts.readClass).toBe('digest');
  expect([holding.matches?.(copy.value), holding.matches?.(new Secret('canary-other'))]).toEqual([true, false]);
  expect(await plugin.inEffect(context, copy, undefined)).toEqual({ state: 'in-effect', by: 'reading' });
});

it.each([
  ['value', { value: 7 }],
  ['digest', { digest: 'not a digest' }],
  ['tail', { tail: '••••' }],
  ['version', {}],
])('takes nothing for a copy that is not in the form of one: %s', async (field, body) => {
  const { plugin, context } = open({ read: { url: '/ships/tender', out: { [field]: `/${field}` } } }, () => ({
    status: 200,
    body,
  }));

  expect(await codeOf(plugin.read(context))).toBe('malformed');
});

it('has in effect what it shows, whoever wrote it last', async () => {
  const read = { url: '/ships/tender', out: { value: '/value', version: '/revision' } };
  const { plugin, context } = open({ read }, () => ({ status: 200, body: { value: 'canary-value', revision: 9 } }));

  expect(await plugin.inEffect(context, copy, { version: '3' })).toEqual({ state: 'in-effect', by: 'reading' });
});

it('has nothing in effect that somebody else wrote over, where it shows only that', async () => {
  const { plugin, context } = open({ read: { url: '/ships/tender', out: { version: '/revision' } } }, () => ({
    status: 200,
    body: { revision: 9 },
  }));

  expect((await plugin.inEffect(context, copy, { version: '9' })).state).toBe('in-effect');
  expect((await plugin.inEffect(context, copy, { version: '3' })).state).toBe('not-yet');
});

it('knows a copy that cannot be read by what was written, and by nothing else', async () => {
  const { plugin, context, requests } = open({}, () => ({ status: 200, body: { revision: 3 } }));

  expect(await plugin.read(context)).toEqual({ readClass: 'none', exists: undefined });
  expect((await plugin.inEffect(context, copy, undefined)).state).toBe('not-yet');
  expect(await plugin.apply(context, copy, { readClass: 'none', exists: undefined })).toEqual({ version: '3' });
  expect(await plugin.inEffect(context, copy, { version: '3' })).toEqual({ state: 'in-effect', by: 'receipt' });
  expect(requests.length).toBe(1);
});

it('does not call a write undone whose answer it cannot read', async () => {
  const { plugin, context } = open({}, () => ({ status: 200, body: '<html>' }));

  expect(await plugin.apply(context, copy, { readClass: 'none', exists: undefined })).toEqual({});
});

it('sends a locked write once, and says that somebody else was there', async () => {
  const locked = {
    read: { url: '/ships/tender', out: { value: '/value', lock: 'header:etag' } },
    apply: { ...apply, headers: { 'if-match': '{{lock}}' } },
  };
  const lost = open(locked, () => ({ status: 503 }));
  const late = open(locked, () => ({ status: 412 }));
  const seen = { readClass: 'value', exists: true, lock: '"r1"' } as const;

  expect(await codeOf(lost.plugin.apply(lost.context, copy, seen))).toBe('uncertain');
  expect(lost.requests.map(({ headers }) => headers['if-match'])).toEqual(['"r1"']);
  expect(await codeOf(late.plugin.apply(late.context, copy, seen))).toBe('conflict, definite');
});

it('starts nothing beside what others have started, and puts back what failed', async () => {
  const deploying = {
    activate: {
      started: {
        url: '/deployments/latest',
        answers: [{ status: 200, where: { '/state': 'building' }, means: 'busy' }],
        out: { activation: '/id', version: '/revision' },
      },
      start: { url: '/deployments', json: { for: '{{versionId}}' }, out: { activation: '/id' } },
    },
    inEffect: {
      url: '/deployments/{{activation}}',
      answers: [
        { status: 200, where: { '/state': 'live' }, means: 'in-effect' },
        { status: 200, where: { '/state': 'broken' }, means: 'failed' },
      ],
    },
  };
  const answers = (state: string, revision: number) =>
    open(deploying, () => ({ status: 200, body: { id: 'd1', state, revision } }));
  const busy = answers('building', 2);
  const ours = answers('building', 3);
  const theirs = answers('live', 2);
  const broken = answers('broken', 3);
  const applied = { version: '3' };

  expect(await codeOf(busy.plugin.activate?.(busy.context, copy, applied))).toBe('not-yet, definite');
  expect(busy.requests.map(({ method }) => method)).toEqual(['GET']);
  expect(await ours.plugin.activate?.(ours.context, copy, applied)).toEqual({ activation: 'd1' });
  expect(ours.requests.map(({ method }) => method)).toEqual(['GET']);
  expect(await theirs.plugin.activate?.(theirs.context, copy, applied)).toEqual({ activation: 'd1' });
  expect(theirs.requests.map(({ method }) => method)).toEqual(['GET', 'POST']);
  expect((await broken.plugin.inEffect(broken.context, copy, { ...applied, activation: 'd1' })).state).toBe('failed');
  expect((await broken.plugin.inEffect(broken.context, copy, applied)).state).toBe('not-yet');
});
