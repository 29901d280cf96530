import { expect, it } from 'vitest';
import type { fake } from '../../dependents/aws-ssm-parameter/fake.ts';
import { createLife, hour, type LifeOptions } from '../contract/life.ts';
import { goesOnAfter, speakOverTheWire } from './wire.ts';

const name = '/prod/web/token';
const ofOthers = {
  Type: 'SecureString',
  KeyId: 'arn:aws:kms:us-east-1:000000000000:key/11111111-2222-3333-4444-555555555555',
  Tier: 'Advanced',
  Description: 'made by somebody else',
  AllowedPattern: '^[a-z-]+.*$',
  DataType: 'text',
  Policies: [
    {
      PolicyText: '{"Type":"NoChangeNotification","Version":"1.0","Attributes":{"After":"60","Unit":"Days"}}',
      PolicyType: 'NoChangeNotification',
      PolicyStatus: 'Pending',
    },
  ],
} as const;

it('is made, written over and put back by the real SDK, with the key that the catalog names', async () => {
  const keyId = 'alias/web';
  const life = await createParameter({ target: { name, keyId } });
  const wire = await speakOverTheWire(life, { AmazonSSM: 'SSMClient' });
  try {
    expect(await life.rotate()).toEqual([]);
    life.clock.advance(hour);
    expect(await life.rotate()).toEqual([]);
    const current = life.value();
    life.clock.advance(hour);
    expect(await life.rotateInVain()).toMatchObject([{ code: 'check-failed' }]);

    expect(life.place.holds()).toBe(current);
    expect(versions(life)).toMatchObject([1, 2, 3, 4].map((Version) => ({ Version, Type: 'SecureString', KeyId: keyId })));
    expect(wire.operations.filter((operation) => operation === 'PutParameter')).toHaveLength(4);
  } finally {
    await wire.close();
  }
});

it('keeps key, tier, policies, pattern and description of what others have made, behind however many versions', async () => {
  const life = await createParameter({ target: { name, keyId: 'alias/another' } });
  const before = Array.from({ length: 70 }, (_, index) => ({
    ...ofOthers,
    Version: index + 1,
    Value: `canary-older-${index}`,
    Labels: [],
    LastModifiedDate: 0,
  }));
  life.place.state = { parameters: { ...life.place.state.parameters, [name]: before } };
  Object.assign(life.token.dependents[0] ?? {}, { onForeign: 'adopt' });

  expect(await life.rotate()).toEqual([]);

  expect(versions(life)?.at(-1)).toMatchObject({ ...ofOthers, Version: 71, Value: life.value() });
});

it('is refused before anything is minted where everybody who lists parameters would see the token', async () => {
  const life = await createParameter();
  const open = {
    Version: 1,
    Value: 'x',
    Type: 'String',
    Tier: 'Standard',
    DataType: 'text',
    Labels: [],
    LastModifiedDate: 0,
  } as const;
  life.place.state = { parameters: { [name]: [open] } };

  expect(await life.rotate()).toMatchObject([{ code: 'rejected', message: expect.stringContaining('no SecureString') }]);

  expect(life.live()).toEqual([]);
  expect(versions(life)).toEqual([open]);
});

it.each([
  ['TooManyUpdates', 400, 'conflict'],
  ['ThrottlingException', 400, 'limited'],
  ['InternalServerError', 500, 'uncertain'],
])('waits and goes on with the same token after %s', async (code, status, ours) => {
  const life = await createParameter();
  const disturbed = { client: 'SSMClient', operation: 'PutParameter', code, status };

  const errors = await goesOnAfter(life, disturbed, () => speakOverTheWire(life, { AmazonSSM: 'SSMClient' }));

  expect(errors).toMatchObject([{ code: ours }]);
});

async function createParameter(options: Pick<LifeOptions, 'target'> = {}) {
  const life = await createLife({ dependent: 'aws-ssm-parameter', ...options });
  return { ...life, place: life.place as unknown as ReturnType<typeof fake> };
}

function versions({ place }: Awaited<ReturnType<typeof createParameter>>) {
  return place.state.parameters[name];
}
