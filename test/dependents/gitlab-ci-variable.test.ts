import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/gitlab-ci-variable/fake.ts';
import { verify } from '../../lib/engine/verify.ts';
import { createOpenApiJudge } from '../../lib/testing/openapi.ts';
import { documentOf } from '../contract/documents.ts';
import { calledIn, createLife, hour, type LifeOptions } from '../contract/life.ts';

const project = { level: 'project', project: 'acme/web', variable: 'NPM_TOKEN', environmentScope: 'production' };
const group = { level: 'group', group: 'acme', variable: 'NPM_TOKEN' };

describe.each([
  ['a project', project, '/projects/acme%2Fweb', 'production'],
  ['a group', group, '/groups/acme', '*'],
] as const)('a variable of %s', (_name, target, owner, scope) => {
  it('holds the new token after each rotation, and its settings and everything beside it stay', async () => {
    const life = await createGitLab({ target, onForeign: 'adopt' });
    const before = settings(life, owner, scope);
    const others = beside(life, owner, scope);

    expect(await life.rotate()).toEqual([]);
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);

    expect(stored(life, owner, scope)?.value).toBe(life.value());
    if (before !== undefined) expect(settings(life, owner, scope)).toEqual(before);
    expect(beside(life, owner, scope)).toEqual(others);
  });
});

const found = documentOf('dependents', 'gitlab-ci-variable');
it.skipIf('why' in found)('writes and reads the variable of a group as the document says', async () => {
  if ('why' in found) return;
  const life = await createGitLab({ target: group, onForeign: 'adopt' });
  await life.rotate();
  life.clock.advance(hour);
  await life.rotateInVain();
  await verify(await life.open(life.token), life.arn);

  expect(life.exchanges.ofPlace.flatMap(createOpenApiJudge(found.document))).toEqual([]);
});

it('makes a variable that is not there masked, raw and protected, or as the target says', async () => {
  const careful = await createGitLab({ target: project });
  const hidden = await createGitLab({ target: { ...project, isHidden: true, isProtected: false } });

  for (const life of [careful, hidden]) expect(await life.rotate()).toEqual([]);

  const of = (life: GitLab) => stored(life, '/projects/acme%2Fweb', 'production');
  expect(of(careful)).toMatchObject({ masked: true, raw: true, protected: true, hidden: false });
  expect(of(hidden)).toMatchObject({ masked: true, raw: true, protected: false, hidden: true });
});

it('rotates a hidden variable on receipts, and writes it again before anything is revoked where they are lost', async () => {
  const life = await createGitLab({ target: { ...project, isHidden: true } });
  await life.rotate();
  life.clock.advance(hour);
  expect(await life.rotate()).toEqual([]);
  expect(life.place.holds()).toBe(life.value());
  const writes = () => calledIn(life.exchanges.ofPlace).filter((call) => call.startsWith('PUT')).length;
  const before = writes();

  life.receipts.clear();
  await life.retireFully();
  life.clock.advance(3 * hour); // jobs that began before it was written again
  await life.retire();

  expect(writes()).toBe(before + 1);
  expect(life.live()).toEqual([life.value()]);
  expect(life.place.holds()).toBe(life.value());
});

it('says why GitLab does not take a token that cannot be masked, and what is there stays', async () => {
  const life = await createGitLab({ target: group, onForeign: 'adopt' });
  const before = life.place.state;
  const { handle } = life.place;
  life.place.handle = (request) =>
    request.method === 'PUT' ? { status: 400, body: { message: { value: ['is invalid'] } } } : handle(request);

  expect(await life.rotate()).toMatchObject([{ code: 'dependent-failed', message: expect.stringContaining('does not take') }]);

  expect(life.place.state).toEqual(before);
});

it.each([
  ['*', ['production/eu', 'staging']],
  ['production/*', ['production/eu']],
  ['production/eu', []],
  ['qa', []],
])('tells which narrower scopes go before the scope %s, and no rotation waits for them', async (environmentScope, shadows) => {
  const life = await createGitLab({ target: { ...project, environmentScope }, onForeign: 'adopt' });
  const owner = '/projects/acme%2Fweb';
  const [neighbour] = life.place.state.variables[owner] ?? [];
  if (neighbour === undefined) throw new Error('nothing is beside it');
  const others = Array.from({ length: 150 }, (_, index) => ({ ...neighbour, key: `OTHER_${index}` }));
  const narrow = { ...neighbour, environment_scope: 'production/eu' };
  life.place.state = { variables: { ...life.place.state.variables, [owner]: [...others, neighbour, narrow] } };

  expect(await life.rotate()).toEqual([]);
  const { findings } = await verify(await life.open(life.token), life.arn);

  expect(findings.map(({ code }) => code)).toEqual(shadows.length === 0 ? [] : ['dependent-shadowed']);
  for (const scope of shadows) expect(findings[0]?.message).toContain(`scope ${scope}`);
  expect(JSON.stringify(findings)).not.toContain('canary');
});

it('tells of no narrower scope that holds the current token itself, and of each that is hidden', async () => {
  const life = await createGitLab({ target: { ...project, environmentScope: '*' } });
  await life.rotate();
  const set = (changes: object) => {
    const owner = '/projects/acme%2Fweb';
    const variables = life.place.state.variables[owner] ?? [];
    const changed = variables.map((each) => (each.environment_scope === 'staging' ? { ...each, ...changes } : each));
    life.place.state = { variables: { ...life.place.state.variables, [owner]: changed } };
  };

  set({ value: life.value() });
  expect((await verify(await life.open(life.token), life.arn)).findings).toEqual([]);

  set({ hidden: true });
  expect((await verify(await life.open(life.token), life.arn)).findings).toMatchObject([{ code: 'dependent-shadowed' }]);
});

describe('what is nearer to a job than the variable of a group', () => {
  const web = '/projects/acme%2Fweb';
  const inside = { ...group, lookAlsoIn: [{ project: 'acme/web' }, { group: 'acme/inner' }] };
  const findings = async (life: GitLab) => (await verify(await life.open(life.token), life.arn)).findings;

  it.each([
    ['*', 'staging', 2],
    ['staging', '*', 2],
    ['production/eu', 'production/*', 2],
    ['review/*', '*/eu', 2],
    ['*a*b', 'xa*', 2],
    ['staging', 'production', 0],
    ['production', 'production/*', 0],
    ['review/*', '*/eu/', 2],
    ['a*', 'b*', 0],
  ])('is told of where the scopes %s and %s are for one environment', async (environmentScope, theirs, count) => {
    const life = await createGitLab({ target: { ...inside, environmentScope }, onForeign: 'adopt' });
    const [neighbour] = life.place.state.variables[web] ?? [];
    if (neighbour === undefined) throw new Error('nothing is beside it');
    const there = [{ ...neighbour, environment_scope: theirs }];
    life.place.state = { variables: { '/groups/acme': [], [web]: there, '/groups/acme%2Finner': there } };
    expect(await life.rotate()).toEqual([]);

    const found = await findings(life);

    expect(found.map(({ code }) => code)).toEqual(count === 0 ? [] : ['dependent-shadowed']);
    if (count === 0) return;
    expect(found[0]?.message).toContain(`the project acme/web for the environment scope ${theirs}`);
    expect(found[0]?.message).toContain(`the group acme/inner for the environment scope ${theirs}`);
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  it('is no shadow where it holds the same copy', async () => {
    const life = await createGitLab({ target: { ...group, lookAlsoIn: [{ project: 'acme/web' }] }, onForeign: 'adopt' });
    await life.rotate();
    const theirs = (life.place.state.variables[web] ?? []).map((each) => ({ ...each, value: String(life.value()) }));
    life.place.state = { variables: { ...life.place.state.variables, [web]: theirs } };

    expect(await findings(life)).toEqual([]);
  });

  it('is not said to be nothing where the authority may not see it', async () => {
    const life = await createGitLab({ target: { ...group, lookAlsoIn: [{ project: 'acme/gone' }] }, onForeign: 'adopt' });
    await life.rotate();

    expect(await findings(life)).toMatchObject([{ code: 'dependent-unreachable' }]);
  });
});

async function createGitLab({ onForeign, ...options }: Pick<LifeOptions, 'target'> & { onForeign?: 'adopt' } = {}) {
  const life = await createLife({ dependent: 'gitlab-ci-variable', ...options });
  if (onForeign) Object.assign(life.token.dependents[0] ?? {}, { onForeign });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

type GitLab = Awaited<ReturnType<typeof createGitLab>>;

function stored({ place }: GitLab, owner: string, scope: string) {
  return place.state.variables[owner]?.find((each) => each.key === 'NPM_TOKEN' && each.environment_scope === scope);
}

function settings(life: GitLab, owner: string, scope: string) {
  const found = stored(life, owner, scope);
  return found === undefined ? undefined : { ...found, value: '' };
}

function beside(life: GitLab, owner: string, scope: string) {
  const one = stored(life, owner, scope);
  return Object.values(life.place.state.variables).flatMap((all) => all.filter((each) => each !== one));
}
