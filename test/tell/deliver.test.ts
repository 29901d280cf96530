// Goal: whoever is addressed is reached, by every way that is theirs and by no other; one way that is broken stops no other.
// Method: the real SDK and the real door, against services on 127.0.0.1; the webhook is judged by the standard's own library.
import { SNSClient, SubscribeCommand } from '@aws-sdk/client-sns';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { alertEvents, happeningEvent, type KeyturnEvent, readEvent } from '../../lib/alerts/events.ts';
import { openPost } from '../../lib/aws/mail.ts';
import type { Directory } from '../../lib/catalog/compiled.ts';
import type { StoredVersion } from '../../lib/engine/ports.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { createDoors } from '../../lib/http/door.ts';
import { type AwsEndpoint, openAwsEndpoint } from '../../lib/local/aws-endpoint.ts';
import { createMailService, type MailService } from '../../lib/local/mail-service.ts';
import { deliver } from '../../lib/tell/deliver.ts';
import { inviteAddresses } from '../../lib/tell/invite.ts';
import { hostsOf, openSinks } from '../../lib/tell/sinks.ts';
import { cause, directory as people, start, tokens } from '../alerts/setup.ts';
import { openReceiver } from './setup.ts';

const signing = `whsec_${Buffer.from('canary-signing-secret-of-platform').toString('base64')}`;
const slackPath = '/services/T0CANARY0/B0CANARY0/canaryCanaryCanaryCanary';
const ways: Directory = {
  ...people,
  teams: {
    platform: {
      ...(people.teams['platform'] as Directory['teams'][string]),
      slack: 'keyturn/slack',
      webhook: { url: 'https://hooks.example.com/in', secret: 'keyturn/hook' },
    },
  },
};

let mail: MailService;
let operators: MailService;
let endpoint: AwsEndpoint;
beforeEach(async () => {
  process.env['AWS_ACCESS_KEY_ID'] = 'a';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'b';
  mail = createMailService();
  operators = createMailService('arn:aws:sns:us-east-1:000000000000:keyturn-operators');
  endpoint = await openAwsEndpoint({
    services: {},
    fallback: async (request) =>
      request.body.toString().includes('keyturn-operators') ? operators.answer(request) : mail.answer(request),
  });
});
afterEach(() => endpoint.close());

const configuration = () => ({ region: 'us-east-1', endpoint: endpoint.url });
const clock = { now: () => Date.now(), sleep: async () => {} };
const post = () => openPost(configuration(), mail.topicArn);

function sinks(loopback: Readonly<Record<string, string>> = {}, secrets: Readonly<Record<string, string>> = {}) {
  const known = {
    'keyturn/slack': `https://hooks.slack.com${slackPath}\n`,
    'keyturn/hook': JSON.stringify({ secret: signing }),
    ...secrets,
  };
  const read = async (secretId: string): Promise<StoredVersion | undefined> => {
    const text = Object.hasOwn(known, secretId) ? (known as Record<string, string>)[secretId] : undefined;
    return text === undefined ? undefined : { versionId: '1', labels: [], text: new Secret(text), createdAt: 0 };
  };
  const http = createDoors({
    fetch: globalThis.fetch,
    clock,
    random: (bytes) => new Uint8Array(bytes),
    remaining: () => 60_000,
    fixedHosts: hostsOf(ways),
    loopback,
  });
  return openSinks({
    configuration: configuration(),
    http,
    store: { read },
    clock,
    peopleTopicArn: mail.topicArn,
    operatorsTopicArn: operators.topicArn,
  });
}

async function everybodyConfirms() {
  await inviteAddresses(post(), ways, { clock: { now: () => start }, log: () => {} });
  for (const address of mail.invitations) mail.confirm(address);
}

function opened(to: 'person' | 'team', token = 'npm'): KeyturnEvent {
  const alert = { ...cause(token), openedAt: start, seenAt: start, toldTo: 'owner' as const, revision: 1 };
  const recipient = { kind: to, id: to === 'person' ? 'ada' : 'platform' };
  const telling = { what: 'opened' as const, to: [recipient], isSummary: false };
  const looked = { tokens: new Set<string>(), isWhole: true, isFirst: false };
  const situation = { causes: [], looked, tokens, people: people.people, escalateHours: ways.alerts.escalateHours, now: start };
  const [event] = alertEvents(situation, [{ alert, seen: undefined, isOver: false, telling }]);
  if (event === undefined) throw new Error('there is no event');
  return event;
}

it('reaches by e-mail the one person who is addressed, once their address is confirmed', async () => {
  await inviteAddresses(post(), ways, { clock: { now: () => start }, log: () => {} });
  await deliver(opened('person'), people, sinks());
  expect(mail.letters).toEqual([]);

  for (const address of mail.invitations) mail.confirm(address);
  await deliver(opened('person'), people, sinks());

  expect(mail.letters).toEqual([
    {
      to: 'ada@example.com',
      subject: '[Keyturn, now] The rotation of npm was given up.',
      text: expect.stringMatching(
        /^What happened\n- The rotation of npm was given up\.\n\nWhat happens next\n- .*\n\nWhat you do\n- Run `keyturn release npm`\.\n- `keyturn ack npm` tells[\s\S]*Owner: Ada Lovelace\.\n- Backup: Grace Hopper\.\n- Team: Platform\./,
      ),
    },
  ]);
});

it('reaches a team by e-mail, in Slack and at its webhook', async () => {
  await everybodyConfirms();
  const slack = await openReceiver();
  const hook = await openReceiver();
  const event = opened('team');

  await deliver(event, ways, sinks({ 'hooks.slack.com': slack.url, 'hooks.example.com': hook.url }));

  expect(mail.letters.map(({ to }) => to)).toEqual(['platform@example.com']);
  expect(slack.got.map(({ path }) => path)).toEqual([slackPath]);
  const said = new Webhook(signing).verify(hook.got[0]?.body ?? '', hook.got[0]?.headers ?? {});
  expect(said).toEqual({ type: 'alert.opened', timestamp: event.detail.at, data: event.detail });
  expect(readEvent('alert.opened', (said as { data: unknown }).data)).toEqual(event);
  expect(hook.got[0]?.headers['webhook-id']).toBe(event.detail.id);
  await Promise.all([slack.close(), hook.close()]);
});

it('tells the webhook of a team what is told to one of its people, and what a function did', async () => {
  const hook = await openReceiver();
  const happening = { what: 'token.rotated', token: 'npm', secretArn: 'arn', message: 'npm was rotated', at: start } as const;

  await deliver(opened('person'), ways, sinks({ 'hooks.example.com': hook.url }));
  await deliver(happeningEvent(happening, 'platform'), ways, sinks({ 'hooks.example.com': hook.url }));

  expect(hook.got.map(({ body }) => JSON.parse(body).type)).toEqual(['alert.opened', 'token.rotated']);
  await hook.close();
});

it('tells the operators by their own topic, and of a team that is no more', async () => {
  const subscribe = { TopicArn: operators.topicArn, Protocol: 'email', Endpoint: 'ops@example.com' };
  await new SNSClient(configuration()).send(new SubscribeCommand(subscribe));
  operators.confirm('ops@example.com');
  const event = opened('team');
  const toOperators = { ...event, detail: { ...event.detail, to: [{ kind: 'operators' }] } } as KeyturnEvent;
  await deliver(toOperators, people, sinks());
  await deliver(event, { ...people, teams: {} }, sinks());

  expect(mail.letters).toEqual([]);
  expect(operators.letters.map(({ to, subject }) => [to, subject])).toEqual([
    ['ops@example.com', '[Keyturn, now] The rotation of npm was given up.'],
    ['ops@example.com', '[Keyturn, now] The rotation of npm was given up.'],
  ]);
});

it('goes on where one way is broken, tries it several times, and says at the end which it was', async () => {
  await everybodyConfirms();
  const slack = await openReceiver([500]);
  const hook = await openReceiver([503, 200]);

  const telling = deliver(opened('team'), ways, sinks({ 'hooks.slack.com': slack.url, 'hooks.example.com': hook.url }));

  await expect(telling).rejects.toMatchObject({
    code: 'untold',
    message: expect.stringMatching(/alert\.opened evt_\S+ did not reach the Slack channel of platform \(slack: POST .*500\)$/),
  });
  expect(mail.letters).toHaveLength(1);
  expect(slack.got).toHaveLength(3);
  expect(new Set(hook.got.map(({ headers }) => headers['webhook-id'])).size).toBe(1);
  expect(hook.got).toHaveLength(2);
  await Promise.all([slack.close(), hook.close()]);
});

it.each<[string, Readonly<Record<string, string>>]>([
  ['a secret without a value', { 'keyturn/slack': '' }],
  ['an address elsewhere', { 'keyturn/slack': 'https://evil.example.com/canary-elsewhere' }],
  [
    'an address of another host that looks like it',
    { 'keyturn/slack': 'https://hooks.slack.com.evil.example.com/services/canary' },
  ],
  ['a user before the host', { 'keyturn/slack': 'https://hooks.slack.com@evil.example.com/services/canary' }],
  ['a signing secret that is none', { 'keyturn/hook': '{"secret": "canary-not-a-signing-secret"}' }],
  ['a signing secret that is no JSON', { 'keyturn/hook': 'canary-not-json' }],
])('sends nothing with %s, and shows none of it', async (_, secrets) => {
  const receiver = await openReceiver();
  const loopback = { 'hooks.slack.com': receiver.url, 'hooks.example.com': receiver.url, 'evil.example.com': receiver.url };

  const error = await deliver(opened('team'), ways, sinks(loopback, secrets)).catch((problem: unknown) => problem);

  expect(error).toMatchObject({ code: 'untold' });
  expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain('canary');
  expect(receiver.got).toHaveLength(1); // the other way
  await receiver.close();
});

it('shows nothing of an address or a key where a service refuses', async () => {
  const receiver = await openReceiver([404]);
  const loopback = { 'hooks.slack.com': receiver.url, 'hooks.example.com': receiver.url };

  const error = await deliver(opened('team'), ways, sinks(loopback)).catch((problem: unknown) => problem);

  const shown = `${String(error)} ${JSON.stringify(error)}`;
  expect(shown).toContain('Slack channel');
  expect(shown).not.toMatch(/canary/i);
  await receiver.close();
});

it('invites each address once, again when its invitation has expired, and never who has left', async () => {
  const invite = () => inviteAddresses(post(), ways, { clock: { now: () => start }, log: () => {} });

  expect(await invite()).toEqual({ invited: 3, pending: 0 });
  expect(await invite()).toEqual({ invited: 0, pending: 3 });
  mail.confirm('ada@example.com');
  mail.expire('grace@example.com');
  expect(await invite()).toEqual({ invited: 1, pending: 1 });
  expect(mail.invitations).toEqual(['ada@example.com', 'grace@example.com', 'platform@example.com', 'grace@example.com']);
});

it('sees the addresses of a large house, page by page', async () => {
  const many = Array.from({ length: 230 }, (_, index) => `person-${index}@example.com`);
  for (const address of many) await post().invite(address);
  mail.confirm('person-7@example.com');

  const states = await post().addresses();

  expect(states.size).toBe(230);
  expect([...states].filter(([, state]) => state === 'confirmed')).toEqual([['person-7@example.com', 'confirmed']]);
});

it('no longer reaches an address that was changed', async () => {
  await everybodyConfirms();
  const moved = { ...people, people: { ...people.people, ada: { name: 'Ada Lovelace', email: 'Ada@New.example.com' } } };

  await deliver(opened('person'), moved, sinks());
  expect(mail.letters).toEqual([]);

  await inviteAddresses(post(), moved, { clock: { now: () => start }, log: () => {} });
  mail.confirm('ada@new.example.com');
  await deliver(opened('person'), moved, sinks());
  expect(mail.letters.map(({ to }) => to)).toEqual(['ada@new.example.com']);
});
