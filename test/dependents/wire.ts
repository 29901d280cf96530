import { expect } from 'vitest';
import type { AwsDoor } from '../../lib/engine/contract.ts';
import type { RotationError } from '../../lib/engine/errors.ts';
import { openAwsEndpoint, type RestRoute } from '../../lib/local/aws-endpoint.ts';
import { AwsError } from '../../lib/local/aws-error.ts';
import type { Life } from '../contract/life.ts';

/** One operation of the place's AWS answers an error once and for all, until it is over; then the rotation goes on with the same token. */
export async function goesOnAfter(
  life: Life,
  { client, operation, code, status }: { client: string; operation: string; code: string; status: number },
  speak: () => Promise<{ close(): Promise<void> }>,
): Promise<readonly RotationError[]> {
  await life.rotate();
  life.clock.advance(3_600_000);
  const { aws } = life.place ?? {};
  const undisturbed = aws?.[client];
  if (aws === undefined || undisturbed === undefined) throw new Error(`the place has no stand-in for ${client}`);
  let isDisturbed = true;
  Object.assign(aws, {
    [client]: (asked: string, input: object) => {
      if (isDisturbed && asked === operation) throw new AwsError(code, '', status);
      return undisturbed(asked, input);
    },
  });
  const wire = await speak();
  try {
    const errors = await life.rotate();
    isDisturbed = false;
    expect(await life.goOn()).toEqual([]);
    expect(life.place?.holds()).toBe(life.value());
    expect(life.live()).toHaveLength(2);
    return errors;
  } finally {
    await wire.close();
  }
}

/** From now on, a life's places on AWS are reached by the real SDK, over a connection. By the prefix of a JSON service, the class of its clients. */
export async function speakOverTheWire(
  life: Pick<Life, 'ports' | 'place'>,
  services: Readonly<Record<string, string>>,
  routes: readonly RestRoute[] = [],
): Promise<{ readonly operations: readonly string[]; close(): Promise<void> }> {
  const operations: string[] = [];
  const handlers = Object.entries(services).map(([prefix, clientClass]) => {
    const service = life.place?.aws?.[clientClass];
    if (service === undefined) throw new Error(`the place has no stand-in for ${clientClass}`);
    return [prefix, { handle: async (operation: string, input: object) => service(operation, input) }] as const;
  });
  const endpoint = await openAwsEndpoint({
    services: Object.fromEntries(handlers),
    routes,
    onCall: ({ operation }) => {
      operations.push(operation);
    },
  });
  const configuration = {
    endpoint: endpoint.url,
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    maxAttempts: 1,
  };
  const door: AwsDoor = (clientClass, where = {}) => new clientClass({ ...configuration, ...where } as never);
  Object.assign(life.ports, { aws: () => door });
  return { operations, close: endpoint.close };
}
