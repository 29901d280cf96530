import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/terraform-cloud-variable/fake.ts';
import { verify } from '../../lib/engine/verify.ts';
import { createOpenApiJudge } from '../../lib/testing/openapi.ts';
import { documentOf } from '../contract/documents.ts';
import { createLife, hour, type LifeOptions } from '../contract/life.ts';

const workspace = { level: 'workspace', workspace: 'ws-6fHMCom98SDXSQUv', variable: 'NPM_TOKEN', category: 'env' };
const set = { level: 'variable-set', variableSet: 'varset-kjkN545LH2Sfercv', variable: 'NPM_TOKEN', category: 'env' };

const ownerOf = {
  workspace: '/api/v2/workspaces/ws-6fHMCom98SDXSQUv/vars',
  'variable-set': '/api/v2/varsets/varset-kjkN545LH2Sfercv/relationships/vars',
} as const;

describe.each([
  ['a priority set', { ...workspace, variable: 'FRESH', lookAlsoIn: [set.variableSet] }, 'variable-set', set.variableSet],
  ['a workspace', { ...set, variable: 'FRESH', lookAlsoIn: [workspace.workspace] }, 'workspace', workspace.workspace],
] as const)('what goes before it in %s', (_name, target, where, id) => {
  const findings = async (life: Awaited<ReturnType<typeof createVariable>>) =>
    (await verify(await life.open(life.token), life.arn)).findings;

  it('is told of, of the same name and category, unless it is seen to hold the same copy', async () => {
    const life = await createVariable({ target });
    await life.rotate();
    const theirs = (changes: object) => {
      const owner = ownerOf[where];
      const [one] = life.place.state.variables[owner] ?? [];
      if (one === undefined) throw new Error('nothing is there');
      const others = (life.place.state.variables[owner] ?? []).filter(({ key }) => key !== 'FRESH');
      const added = { ...one, id: 'var-theirs', key: 'FRESH', category: 'env' as const, ...changes };
      life.place.state = { variables: { ...life.place.state.variables, [owner]: [...others, added] } };
    };
    expect(await findings(life)).toEqual([]);

    theirs({ category: 'terraform' });
    expect(await findings(life)).toEqual([]);
    theirs({ value: life.value(), sensitive: false });
    expect(await findings(life)).toEqual([]);
    theirs({ value: life.value(), sensitive: true });
    expect(await findings(life)).toMatchObject([{ code: 'dependent-shadowed', message: expect.stringContaining(id) }]);
    theirs({ value: 'canary-of-theirs', sensitive: false });
    const found = await findings(life);
    expect(found).toMatchObject([{ code: 'dependent-shadowed' }]);
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  it('is not said to be nothing where the authority may not see it', async () => {
    const gone = where === 'workspace' ? 'ws-gone' : 'varset-gone';
    const life = await createVariable({ target: { ...target, lookAlsoIn: [gone] } });
    await life.rotate();

    expect(await findings(life)).toMatchObject([{ code: 'dependent-unreachable' }]);
  });
});

describe.each([
  ['made sensitive', workspace, '/api/v2/workspaces/ws-6fHMCom98SDXSQUv/vars'],
  ['behind the pages of a set', set, '/api/v2/varsets/varset-kjkN545LH2Sfercv/relationships/vars'],
])('a variable that is never shown, %s', (_name, target, owner) => {
  it('is rotated and put back on evidence, and stops the rotation where a stranger wrote', async () => {
    const life = await createVariable({ target });
    const before = life.place.state.variables[owner]?.filter(({ category }) => category === 'terraform');

    expect(await life.rotate()).toEqual([]);
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    const current = life.value();
    life.clock.advance(hour);
    expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

    expect(stored(life, owner)).toMatchObject({ value: current, sensitive: true });
    expect(life.place.state.variables[owner]?.filter(({ category }) => category === 'terraform')).toEqual(before);

    const theirs = { value: 'canary-of-a-stranger', version: 99 };
    const changed = life.place.state.variables[owner]?.map((each) => (each.category === 'env' ? { ...each, ...theirs } : each));
    life.place.state = { variables: { ...life.place.state.variables, [owner]: changed ?? [] } };
    life.clock.advance(48 * hour); // until the token is not parked any more
    expect(await life.rotate()).toMatchObject([{ code: 'foreign' }]);
    expect(stored(life, owner)?.value).toBe('canary-of-a-stranger');
  });

  const found = documentOf('dependents', 'terraform-cloud-variable');
  it.skipIf('why' in found)('is written and read as the document says', async () => {
    if ('why' in found) return;
    const life = await createVariable({ target });
    await life.rotate();
    life.clock.advance(hour);
    await life.rotateInVain();

    const departures = life.exchanges.ofPlace.flatMap(createOpenApiJudge(found.document));
    // The document knows no pages, and the service has them for lists of sets.
    expect(departures.filter(({ says }) => !says.includes('`page[number]`'))).toEqual([]);
  });
});

it('is refused before anything is minted where its value would be read as HCL', async () => {
  const life = await createVariable({ target: { ...set, variable: 'A', category: 'terraform' } });
  const { variables } = life.place.state;
  life.place.state = {
    variables: Object.fromEntries(
      Object.entries(variables).map(([owner, all]) => [owner, all.map((each) => ({ ...each, hcl: true }))]),
    ),
  };

  expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining('HCL') }]);

  expect(life.live()).toEqual([]);
});

async function createVariable(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ dependent: 'terraform-cloud-variable', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

function stored({ place }: Awaited<ReturnType<typeof createVariable>>, owner: string) {
  return place.state.variables[owner]?.find(({ key, category }) => key === 'NPM_TOKEN' && category === 'env');
}
