import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { createAwsDoors } from '../../lib/aws/clients.ts';
import { cryptography } from '../../lib/crypto/cryptography.ts';
import type { AuthorityContext } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { awsIamAccessKey } from '../../rotators/aws-iam-access-key/index.ts';
import { createLife, hour } from '../contract/life.ts';

// The plug-in with the real SDK over the wire, before something that answers in the query protocol as IAM and STS do.

interface Asked {
  readonly action: string;
  readonly form: URLSearchParams;
  readonly authorization: string;
}

const asked: Asked[] = [];
let answer: (asked: Asked) => { status: number; xml: string } = () => ({ status: 500, xml: '' });

const server = createServer(async (request, response) => {
  const form = new URLSearchParams(await bodyOf(request));
  const one = { action: String(form.get('Action')), form, authorization: String(request.headers.authorization) };
  asked.push(one);
  const { status, xml } = answer(one);
  response.writeHead(status, { 'content-type': 'text/xml' }).end(xml);
});

beforeAll(async () => {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'AKIAOFTHEROLE');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'canary-of-the-role');
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await new Promise((resolve) => server.close(resolve));
});

const id = 'AKIAEXAMPLE7ROTATE42';
const credential = { value: new Secret('canary-secret-access-key'), parts: { accessKeyId: new Secret(id) } };

it('asks for a key once, even where IAM does not answer, for the next one would be a second key', async () => {
  const context = over(() => ({ status: 500, xml: fault('ServiceFailure') }));

  await expect(awsIamAccessKey.mint(context, wish)).rejects.toMatchObject({ code: 'uncertain', definite: false });

  expect(asked.map(({ action }) => action)).toEqual(['CreateAccessKey']);
  expect(asked[0]?.form.get('UserName')).toBe('ci-bot');
});

it('reads the key that was made', async () => {
  const key = `<AccessKey><UserName>ci-bot</UserName><AccessKeyId>${id}</AccessKeyId><Status>Active</Status>
    <SecretAccessKey>canary-new</SecretAccessKey><CreateDate>2026-11-25T12:00:00Z</CreateDate></AccessKey>`;
  const context = over(() => ({ status: 200, xml: result('CreateAccessKey', key) }));

  const { credential: made, ref } = await awsIamAccessKey.mint(context, wish);

  expect([ref, made.parts.accessKeyId?.reveal(), made.value.reveal()]).toEqual([id, id, 'canary-new']);
});

it('is refused for good where both places are taken', async () => {
  const context = over(() => ({ status: 409, xml: fault('LimitExceeded') }));

  await expect(awsIamAccessKey.mint(context, wish)).rejects.toMatchObject({ code: 'rejected', definite: true });
});

it.each([
  ['the user', identity('arn:aws:iam::123456789012:user/ci-bot'), { ok: true }],
  ['a user of the same name on another path', identity('arn:aws:iam::123456789012:user/other/ci-bot'), { ok: false }],
  ['nobody', { status: 403, xml: fault('InvalidClientTokenId') }, { ok: false, why: 'rejected' }],
  ['a key with another secret', { status: 403, xml: fault('SignatureDoesNotMatch') }, { ok: false, why: 'rejected' }],
])('asks STS as the key itself whose it is: %s', async (_who, answered, verdict) => {
  const context = over(() => answered);

  expect(await awsIamAccessKey.verify(context, credential)).toMatchObject(verdict);
  expect(asked[0]?.action).toBe('GetCallerIdentity');
  expect(asked[0]?.authorization).toContain(`Credential=${id}/`);
});

it.each([
  ['Throttling', 400, 'limited'],
  ['AccessDenied', 403, 'refused'],
  ['ServiceFailure', 500, 'uncertain'],
])('takes %s for no verdict', async (code, status, expected) => {
  const context = over(() => ({ status, xml: fault(code) }));

  await expect(awsIamAccessKey.verify(context, credential)).rejects.toMatchObject({ code: expected });
});

it('takes a key that is not there for deleted, and nothing else', async () => {
  const gone = over(() => ({ status: 404, xml: fault('NoSuchEntity') }));
  await expect(awsIamAccessKey.revoke?.(gone, { ref: id })).resolves.toBeUndefined();

  const forbidden = over(() => ({ status: 403, xml: fault('AccessDenied') }));
  await expect(awsIamAccessKey.revoke?.(forbidden, { ref: id })).rejects.toMatchObject({ code: 'refused' });
});

it('lists page after page, and tells of a key that was never used', async () => {
  const member = (name: string) =>
    `<member><UserName>ci-bot</UserName><AccessKeyId>${name}</AccessKeyId><Status>Inactive</Status><CreateDate>2026-11-25T12:00:00Z</CreateDate></member>`;
  const context = over(({ action, form }) => {
    if (action === 'GetAccessKeyLastUsed') {
      const use = '<AccessKeyLastUsed><ServiceName>N/A</ServiceName><Region>N/A</Region></AccessKeyLastUsed>';
      return { status: 200, xml: result(action, `<UserName>ci-bot</UserName>${use}`) };
    }
    const isFirst = form.get('Marker') === null;
    const more = isFirst ? '<IsTruncated>true</IsTruncated><Marker>next</Marker>' : '<IsTruncated>false</IsTruncated>';
    const keys = `<AccessKeyMetadata>${member(isFirst ? 'AKIAFIRSTOFTHEM0' : id)}</AccessKeyMetadata>`;
    return { status: 200, xml: result(action, keys + more) };
  });
  const createdAt = Date.parse('2026-11-25T12:00:00Z');

  expect(await awsIamAccessKey.find?.(context)).toEqual([
    { ref: 'AKIAFIRSTOFTHEM0', createdAt },
    { ref: id, createdAt },
  ]);
  expect(await awsIamAccessKey.inspect?.(context, { credential })).toEqual({ ref: id, createdAt, lastUsedAt: null });
});

it('waits with the next key until the old one has given up its place', async () => {
  const life = await createLife({ provider: 'aws-iam-access-key' });
  expect(await life.rotate()).toEqual([]);
  expect(await life.rotate()).toEqual([]);
  life.clock.advance(hour);
  expect(await life.rotate()).toMatchObject([{ code: 'too-many-retiring' }]);
  life.clock.advance(48 * hour);
  await life.retireFully();
  await life.retireFully();

  await life.goOn();

  expect(JSON.parse(String(life.text()))).toEqual({ VALUE: life.value(), ACCESSKEYID: life.issuer.state.tokens.at(-1)?.ref });
  expect(life.issuer.state.tokens).toHaveLength(3);
});

const wish = { mark: undefined, now: 0, random: (bytes: number) => new Uint8Array(bytes) };

function over(answering: typeof answer): AuthorityContext<{ user: string; path: string }, unknown> {
  asked.length = 0;
  answer = answering;
  const { port } = server.address() as AddressInfo;
  const aws = createAwsDoors({ region: 'us-east-1', endpoint: `http://127.0.0.1:${port}`, maxAttempts: 2 })(undefined);
  const http = () => Promise.reject(new Error('an access key is not asked for over HTTP'));
  return { aws, http, scope: { user: 'ci-bot', path: '/' }, authority: {}, crypto: cryptography };
}

function result(action: string, xml: string): string {
  return `<${action}Response><${action}Result>${xml}</${action}Result><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></${action}Response>`;
}

function identity(arn: string) {
  return {
    status: 200,
    xml: result('GetCallerIdentity', `<Arn>${arn}</Arn><UserId>AIDA</UserId><Account>123456789012</Account>`),
  };
}

function fault(code: string): string {
  return `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>no</Message></Error><RequestId>r</RequestId></ErrorResponse>`;
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += chunk;
  return text;
}
