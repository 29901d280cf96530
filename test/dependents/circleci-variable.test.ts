import { describe, expect, it } from 'vitest';
import type { fake } from '../../dependents/circleci-variable/fake.ts';
import { verify } from '../../lib/engine/verify.ts';
import { createOpenApiJudge } from '../../lib/testing/openapi.ts';
import { documentOf } from '../contract/documents.ts';
import { createLife, hour } from '../contract/life.ts';

const variable = 'NPM_TOKEN';
const context = { level: 'context', context: 'f31d7249-b7b1-4729-b3a4-ec0ba07b4686', variable };
const project = { level: 'project', project: 'gh/acme/web', variable };

describe('a context before a project', () => {
  const findings = async (life: Awaited<ReturnType<typeof createVariable>>) =>
    (await verify(await life.open(life.token), life.arn)).findings;

  it('is told of where the catalog has us look into it and it has the name', async () => {
    const life = await createVariable({ ...project, lookAlsoIn: [context.context] });
    await life.rotate();
    expect(await findings(life)).toEqual([]);

    life.place.tamper('canary-of-the-context');

    const found = await findings(life);
    expect(found).toMatchObject([{ code: 'dependent-shadowed', message: expect.stringContaining(context.context) }]);
    expect(JSON.stringify(found)).not.toContain('canary');
  });

  it('is not said to be nothing where the authority may not see it', async () => {
    const life = await createVariable({ ...project, lookAlsoIn: ['00000000-0000-4000-8000-000000000000'] });
    await life.rotate();

    expect(await findings(life)).toMatchObject([{ code: 'dependent-unreachable' }]);
  });
});

describe.each([
  ['a context', context, '/api/v2/context/f31d7249-b7b1-4729-b3a4-ec0ba07b4686/environment-variable'],
  ['a project', project, '/api/v2/project/gh/acme/web/envvar'],
])('a variable of %s, of which only the end is shown', (_name, target, list) => {
  it('is rotated, put back and let go of on evidence, and nothing beside it changes', async () => {
    const life = await createVariable(target);
    const others = () => Object.entries(life.place.state.variables).filter(([id]) => id !== `${list} ${variable}`);
    const before = others();

    expect(await life.rotate()).toEqual([]);
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    const current = life.value();
    life.clock.advance(hour);
    expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);
    await life.retireFully();

    expect(life.place.state.variables[`${list} ${variable}`]?.value).toBe(current);
    expect(life.live()).toEqual([current]);
    expect(others()).toEqual(before);
  });

  const found = documentOf('dependents', 'circleci-context');
  it.skipIf('why' in found)('is written and read as the document says', async () => {
    if ('why' in found) return;
    const life = await createVariable(target);
    await life.rotate();
    life.clock.advance(hour);
    await life.rotateInVain();

    expect(life.exchanges.ofPlace.flatMap(createOpenApiJudge(found.document))).toEqual([]);
  });
});

async function createVariable(target: object) {
  const life = await createLife({ dependent: 'circleci-variable', target });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}
