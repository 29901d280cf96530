import type { IncomingHttpHeaders } from 'node:http';

/** Who answers a request that comes to the front. */
export type Destination = 'secrets-manager' | 'served-types' | 'emulator';

export interface Routed {
  readonly to: Destination;
  readonly service: string;
  /** Where the request's head tells it. */
  readonly operation?: string;
}

/** Where the function behind our own resource types sends what CloudFormation asks of it. */
export const servedTypesPath = '/keyturn/served-types';

/** By the request's head alone. Only Secrets Manager's own protocol goes to our Secrets Manager; what nobody knows goes to the emulator. */
export function routeOf(method: string, path: string, headers: IncomingHttpHeaders): Routed {
  if (path === servedTypesPath) return { to: 'served-types', service: 'cloudformation', operation: 'resource type' };
  const target = headers['x-amz-target'];
  const [, prefix = '', operation = ''] = /^([^.]+)\.(.+)$/.exec(typeof target === 'string' ? target : '') ?? [];
  if (prefix === 'secretsmanager') return { to: 'secrets-manager', service: 'secretsmanager', operation };
  const invoked = /^\/2015-03-31\/functions\/[^/]+\/invocations$/.test(path) && method === 'POST';
  const service = signedFor(headers) ?? 'unsigned';
  if (invoked) return { to: 'emulator', service, operation: 'Invoke' };
  return { to: 'emulator', service, ...(operation === '' ? {} : { operation }) };
}

/** The service that a request is signed for. */
function signedFor({ authorization = '' }: IncomingHttpHeaders): string | undefined {
  return /Credential=[^/,\s]+\/\d{8}\/[a-z0-9-]+\/([a-z0-9-]+)\//.exec(authorization)?.[1];
}
