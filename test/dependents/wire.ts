import type { AwsDoor } from '../../lib/engine/contract.ts';
import { openAwsEndpoint, type RestRoute } from '../../lib/local/aws-endpoint.ts';
import type { Life } from '../contract/life.ts';

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
