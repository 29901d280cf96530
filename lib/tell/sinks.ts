import type { ClientConfiguration } from '../aws/clients.ts';
import { openPost, openTopic } from '../aws/mail.ts';
import type { Directory } from '../catalog/compiled.ts';
import { RotationError } from '../engine/errors.ts';
import { current } from '../engine/labels.ts';
import type { Ports } from '../engine/ports.ts';
import { Secret } from '../engine/secret.ts';
import { signedHeaders, signingSecrets } from '../http/standard-webhooks.ts';
import type { Sinks } from './deliver.ts';

/** The only host that an incoming webhook of Slack may be at. */
const slackHost = 'https://hooks.slack.com';

/** Every host that the ways of a directory lead to: no other is called. */
export function hostsOf({ teams }: Directory): readonly string[] {
  const hosts = Object.values(teams).flatMap(({ slack, webhook }) => [
    ...(slack === undefined ? [] : [slackHost]),
    ...(webhook === undefined ? [] : [new URL(webhook.url).origin]),
  ]);
  return [...new Set(hosts)].sort();
}

export interface SinksOptions extends Pick<Ports, 'http' | 'clock'> {
  readonly store: Pick<Ports['store'], 'read'>;
  readonly configuration: ClientConfiguration;
  readonly peopleTopicArn: string;
  readonly operatorsTopicArn: string;
}

/** The ways out of a function that tells. What is secret about them is read when it is needed, and never shown. */
export function openSinks(options: SinksOptions): Sinks {
  const { configuration, http, store, clock } = options;
  const post = openPost(configuration, options.peopleTopicArn);
  const operators = openTopic(configuration, options.operatorsTopicArn);
  const secretOf = async (who: string, secretId: string): Promise<Secret> => {
    const stored = await store.read(secretId, { label: current });
    if (stored !== undefined) return stored.text;
    throw new RotationError('authority', `${who}: the secret ${secretId} has no value`, {
      fix: 'Store the value in it, as docs/telling.md says.',
      definite: true,
    });
  };
  return {
    mail: (address, mail) => post.send(address, mail),
    operators,

    async slack(secretId, body) {
      const address = (await secretOf('slack', secretId)).reveal().trim();
      // Judged here, because the door's own refusal would name the host of whatever stands there.
      if (!/^https:\/\/hooks\.slack\.com\/(?:services|workflows|triggers)\/[A-Za-z0-9/]+$/.test(address))
        throw notSlack(secretId);
      await http('slack', { api: undefined, hosts: [slackHost] })('POST', address, { json: body, idempotent: true });
    },

    async webhook({ url, secret }, { type, detail }) {
      const secrets = parseSecrets(await secretOf('webhook', secret), secret);
      const body = JSON.stringify({ type, timestamp: detail.at, data: detail });
      await http('webhook', { api: undefined, hosts: [new URL(url).origin] })('POST', url, {
        text: new Secret(body),
        headers: signedHeaders('webhook', secrets, { id: detail.id, body, now: clock.now() }),
        idempotent: true,
      });
    },
  };
}

function parseSecrets(stored: Secret, secretId: string) {
  try {
    return signingSecrets.parse(JSON.parse(stored.reveal()));
  } catch {
    // The parser's own message would show a part of it.
    throw new RotationError('authority', `webhook: the secret ${secretId} is not {"secret": "whsec_..."}`, {
      fix: 'Store the signing secret in this form, and give it to the receiver.',
      definite: true,
    });
  }
}

function notSlack(secretId: string): RotationError {
  return new RotationError('authority', `slack: the secret ${secretId} holds no address of an incoming webhook of Slack`, {
    fix: 'Store the whole address in it, which begins with https://hooks.slack.com/services/, and nothing else.',
    definite: true,
  });
}
