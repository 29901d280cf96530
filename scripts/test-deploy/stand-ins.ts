import { randomBytes } from 'node:crypto';
import { serveOnLoopback } from '../../lib/local/loopback.ts';
import { secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';
import { fake as npmRegistry } from '../../rotators/npm-registry/fake.ts';
import { fake as sendgrid } from '../../rotators/sendgrid/fake.ts';
import type { Cleanup } from './cleanup.ts';
import type { Providers } from './place.ts';

/** The providers as we know them, on 127.0.0.1, with the time that the functions have. */
export async function serveStandIns(clock: { now(): number }, cleanup: Cleanup): Promise<Providers & { readonly mail: object }> {
  const random = (characters: number) => randomBytes(characters).toString('hex').slice(0, characters);
  const world = { now: () => clock.now(), random, secretsManager: createSecretsManager({ clock, random: secureRandom }) };
  const registry = npmRegistry(world);
  const mail = sendgrid(world);
  const [registryServer, mailServer] = await Promise.all([registry, mail].map(serveOnLoopback));
  if (registryServer === undefined || mailServer === undefined) throw new Error('the stand-ins are not there');
  cleanup.add('closing the stand-ins of the providers', () => {
    registryServer.close();
    mailServer.close();
  });
  const { user, password } = registry.authority;
  return {
    registry: { url: registryServer.url, user, password },
    mail: { url: mailServer.url, authority: mail.authority.value },
  };
}
