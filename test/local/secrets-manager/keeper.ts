import { createSecretsManager } from '../../../lib/local/secrets-manager/service.ts';
import { openStore } from '../../../lib/local/secrets-manager/store.ts';
import { seeded } from './seeded.ts';

// A process to be killed: changes secrets without end, and says of each change, once it is acknowledged, which one it was.
const [folder = ''] = process.argv.slice(2);
const secretsManager = createSecretsManager({ clock: Date, random: seeded(process.pid) });
const store = await openStore(folder, secretsManager.setting);
const secretOf = (worker: number) => `worker-${worker}`;

async function work(worker: number) {
  const SecretId = secretOf(worker);
  for (let count = 1; ; count += 1) {
    const ClientRequestToken = `${'t'.repeat(32)}-${process.pid}-${count}`;
    const SecretString = `${String(count).padStart(8, '0')}${'x'.repeat(5000)}`;
    if (secretsManager.resolve(SecretId)) secretsManager.call('PutSecretValue', { SecretId, SecretString, ClientRequestToken });
    else secretsManager.call('CreateSecret', { Name: SecretId, SecretString, ClientRequestToken });
    await store.durable();
    process.stdout.write(`${worker} ${count}\n`);
  }
}

await Promise.all([0, 1, 2, 3].map(work));
