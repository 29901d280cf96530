import { expect, it } from 'vitest';
import { parseEvent } from '../../lib/engine/event.ts';

const functionArn = 'arn:aws:lambda:us-east-1:000000000000:function:keyturn-rotate-x';
const good = {
  Step: 'createSecret',
  SecretId: 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf',
  ClientRequestToken: '11111111-2222-3333-4444-555555555555',
};

it('reads a rotation event, and keeps its token to itself', () => {
  const request = parseEvent({ ...good, RotationToken: 'c'.repeat(40) }, functionArn);

  expect(request).toMatchObject({ kind: 'step', step: 'createSecret', job: { secretArn: good.SecretId, functionArn } });
  expect(JSON.stringify(request)).not.toContain('cccc');
});

it('reads a job of the reconciler', () => {
  expect(parseEvent({ Job: 'retire', SecretId: good.SecretId }, functionArn)).toEqual({
    kind: 'retire',
    secretArn: good.SecretId,
  });
});

it('reads what people ask of one secret', () => {
  const digest = 'a1'.repeat(16);
  const versionId = good.ClientRequestToken;

  expect(parseEvent({ Job: 'whose', SecretId: good.SecretId, Digest: digest }, functionArn)).toEqual({
    kind: 'whose',
    secretArn: good.SecretId,
    digest,
  });
  expect(parseEvent({ Job: 'try', SecretId: good.SecretId, VersionId: versionId }, functionArn)).toEqual({
    kind: 'try',
    secretArn: good.SecretId,
    versionId,
  });
});

const bad: readonly [string, unknown, RegExp][] = [
  ['nothing', undefined, /the event is missing/],
  ['null', null, /the event is missing/],
  ['an array', [good], /the event is missing/],
  ['a string', 'createSecret', /the event is missing/],
  ['no Step', { ...good, Step: undefined }, /Step is missing/],
  ['the step in snake case', { ...good, Step: 'create_secret' }, /Step is missing/],
  ['the step in capitals', { ...good, Step: 'CREATESECRET' }, /Step is missing/],
  ['a step called __proto__', { ...good, Step: '__proto__' }, /Step is missing/],
  ['a field more', { ...good, Extra: 1 }, /Extra is not known/],
  ['a field that a terminal would obey', { ...good, '\u001b[2J': 1 }, /\(an odd name\) is not known/],
  ['a name for an ARN', { ...good, SecretId: 'app/token' }, /SecretId is missing/],
  ['an ARN without its six characters', { ...good, SecretId: good.SecretId.slice(0, -7) }, /SecretId is missing/],
  ['an ARN with a newline', { ...good, SecretId: `${good.SecretId}\n` }, /SecretId is missing/],
  ['an ARN of another service', { ...good, SecretId: good.SecretId.replace('secretsmanager', 'ssm') }, /SecretId is missing/],
  ['a text of a megabyte', { ...good, SecretId: 'a'.repeat(1_000_000) }, /SecretId is missing/],
  ['a token too short', { ...good, ClientRequestToken: 'short' }, /ClientRequestToken is missing/],
  ['a token too long', { ...good, ClientRequestToken: 'a'.repeat(65) }, /ClientRequestToken is missing/],
  ['a rotation token that is none', { ...good, RotationToken: 'canary token' }, /RotationToken is missing/],
  ['an unknown job', { Job: 'delete', SecretId: good.SecretId }, /Job is missing/],
  ['a string where its digest belongs', { Job: 'whose', SecretId: good.SecretId, Digest: 'canary-leaked' }, /Digest is missing/],
  ['a question without its version', { Job: 'try', SecretId: good.SecretId }, /VersionId is missing/],
  ['a job and a step', { ...good, Job: 'retire' }, /Step is not known/],
];

it.each(bad)('refuses %s by the name of the field, and echoes nothing', (_name, event, message) => {
  const parse = () => parseEvent(event, functionArn);

  expect(parse).toThrow(expect.objectContaining({ code: 'event', ending: 'stop' }));
  expect(parse).toThrow(message);
  for (const echo of ['canary', '\u001b', 'aaaa']) expect(parse).not.toThrow(echo);
});
