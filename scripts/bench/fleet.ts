import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { createSecretsManagerStore } from '../../lib/aws/secrets-manager-store.ts';
import { reconcile, type SweptToken } from '../../lib/engine/reconcile.ts';
import type { Health } from '../../lib/engine/records.ts';
import { openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { secretsManagerService, secureRandom } from '../../lib/local/secrets-manager/serve.ts';
import { createSecretsManager } from '../../lib/local/secrets-manager/service.ts';

/** What one sweep over a fleet of healthy tokens came to. */
export interface FleetSweep {
  readonly tokens: number;
  /** Of Secrets Manager, by operation. */
  readonly calls: Readonly<Record<string, number>>;
  readonly jobs: number;
  readonly causes: number;
  readonly seconds: number;
  /** How much the heap of whoever sweeps had grown at its end. */
  readonly megabytes: number;
}

const now = Date.now();
export const nameOf = (index: number) => `fleet/token-${index}`;
const versionOf = (index: number) => `version-${index}`.padEnd(36, '-');

/** A healthy fleet behind the embedded endpoint; answers its address. Whoever sweeps is another process, so that its memory is its own. */
async function serve(tokens: number): Promise<void> {
  const clock = { now: () => Date.now() };
  const secretsManager = createSecretsManager({ clock, random: secureRandom, accountId: '000000000000', region: 'us-east-1' });
  const { setting } = secretsManager;
  for (let index = 0; index < tokens; index += 1) {
    const ClientRequestToken = versionOf(index);
    const { ARN } = secretsManager.call('CreateSecret', {
      Name: nameOf(index),
      ClientRequestToken,
      SecretString: 'canary-fleet',
    });
    const move = { SecretId: ARN, VersionStage: `keyturn/lantern/${index}`, MoveToVersionId: ClientRequestToken };
    secretsManager.call('UpdateSecretVersionStage', move);
    const secret = setting.state.get(ARN ?? '');
    const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate-lantern';
    if (secret !== undefined) setting.state.set({ ...secret, rotation: { functionArn, enabled: true } as never }, now);
  }
  const endpoint = await openAwsEndpoint({ services: { secretsmanager: secretsManagerService(secretsManager) } });
  process.send?.(endpoint.url);
}

/** One sweep with the real SDK over the wire, of which everybody was looked at an hour ago. */
export async function sweepFleet(tokens: number): Promise<FleetSweep> {
  return withFleet(tokens, (url) => sweepAt(url, tokens));
}

/** Serves a fleet for as long as something is done with it. */
export async function withFleet<Result>(tokens: number, act: (url: string) => Promise<Result>): Promise<Result> {
  const server = fork(fileURLToPath(import.meta.url), ['--serve', String(tokens)], {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      server.once('message', (message) => resolve(String(message)));
      server.once('exit', (code) => reject(new Error(`the fleet was not served: it ended with ${code}`)));
    });
    return await act(url);
  } finally {
    server.kill();
  }
}

async function sweepAt(endpoint: string, tokens: number): Promise<FleetSweep> {
  const client = clientOf(endpoint);
  const calls: Record<string, number> = {};
  client.middlewareStack.add(
    (next, context) => async (given) => {
      const { commandName = 'unknown' } = context as { readonly commandName?: string };
      calls[commandName] = (calls[commandName] ?? 0) + 1;
      return next(given);
    },
    { step: 'initialize' },
  );
  const clock = { now: () => now, sleep: async () => {} };
  const fleet = Array.from({ length: tokens }, (_, index) => sweptOf(index));
  const healths = fleet.map((_, index) => healthOf(index));
  const ports = {
    store: createSecretsManagerStore({ client, once: client }, clock),
    clock,
    log: () => {},
    remaining: () => 300_000,
    ledger: { healths: async () => healths, pauses: async () => [] },
  };
  let jobs = 0;
  globalThis.gc?.();
  const before = process.memoryUsage().heapUsed;
  const begun = performance.now();
  const sweep = await reconcile(ports, fleet, { gone: new Set(), warnDays: [30] }, async () => {
    jobs += 1;
  });
  const seconds = (performance.now() - begun) / 1000;
  const megabytes = (process.memoryUsage().heapUsed - before) / 1e6;
  client.destroy();
  return { tokens, calls, jobs, causes: sweep.causes.length, seconds, megabytes };
}

export function clientOf(endpoint: string): SecretsManagerClient {
  const credentials = { accessKeyId: 'AKIAFLEET', secretAccessKey: 'local' };
  return new SecretsManagerClient({ region: 'us-east-1', endpoint, credentials });
}

function sweptOf(index: number): SweptToken {
  const token = { name: `token-${index}`, provider: 'lantern', secret: nameOf(index), mode: 'retire', overlapHours: 24 } as const;
  return { ...token, isAssisted: false, longestHours: 720, owner: 'ada', backup: 'bob' };
}

function healthOf(index: number): Health {
  const looked = { versionId: versionOf(index), checkedAt: now - 3_600_000, verdict: 'valid' } as const;
  return { token: `token-${index}`, secretArn: 'arn', ...looked, findings: [] };
}

if (process.argv[2] === '--serve') await serve(Number(process.argv[3]));
