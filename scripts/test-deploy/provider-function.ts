import { randomBytes } from 'node:crypto';
import { GetSecretValueCommand, PutSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';
import type { FakeAnswer } from '../../lib/testing/fake.ts';
import { fake } from '../../rotators/npm-registry/fake.ts';

// The npm registry as we know it, as a function with an address of its own, for a test that runs in an account: there the rotation functions
// cannot reach this machine. It guards nothing, and its tokens open nothing but itself.

/** What Lambda makes of a request to a function's address, as far as it is needed. */
export interface AddressEvent {
  readonly rawPath: string;
  readonly rawQueryString: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext: { readonly http: { readonly method: string } };
  readonly body?: string;
  readonly isBase64Encoded: boolean;
}

/** Where the registry's tokens are kept from one call to the next. */
export interface Kept {
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

export async function answer(event: AddressEvent, kept: Kept): Promise<{ statusCode: number; headers: object; body: string }> {
  const clock = Date;
  const random = (characters: number) => randomBytes(characters).toString('hex').slice(0, characters);
  const registry = fake({
    now: () => clock.now(),
    random,
    secretsManager: createSecretsManager({ clock, random: secureRandom }),
  });
  const text = await kept.read();
  if (text !== undefined) registry.state = JSON.parse(text) as typeof registry.state;
  const before = registry.state;
  const { body = '', isBase64Encoded } = event;
  const given = registry.handle({
    method: event.requestContext.http.method,
    path: event.rawPath,
    query: Object.fromEntries(new URLSearchParams(event.rawQueryString)),
    headers: Object.fromEntries(Object.entries(event.headers).map(([name, value]) => [name.toLowerCase(), value])),
    body: isBase64Encoded ? Buffer.from(body, 'base64').toString('utf8') : body,
  });
  if (registry.state !== before) await kept.write(JSON.stringify(registry.state));
  return toAnswer(given);
}

export async function handler(event: AddressEvent): Promise<object> {
  const client = new SecretsManagerClient({});
  const SecretId = process.env['STATE_SECRET'];
  return answer(event, {
    read: async () =>
      (
        await client.send(new GetSecretValueCommand({ SecretId })).catch((error: Error) => {
          if (error.name === 'ResourceNotFoundException') return { SecretString: undefined }; // nothing was written yet
          throw error;
        })
      ).SecretString,
    write: async (text) => {
      await client.send(new PutSecretValueCommand({ SecretId, SecretString: text }));
    },
  });
}

function toAnswer({ status, body, headers = {} }: FakeAnswer) {
  const isText = typeof body === 'string';
  const type = isText ? 'text/html' : 'application/json';
  const text = body === undefined ? '' : isText ? body : JSON.stringify(body);
  return { statusCode: status, headers: { 'content-type': type, ...headers }, body: text };
}
