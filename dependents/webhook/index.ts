import { createHash } from 'node:crypto';
import * as z from 'zod';
import type { Copy, Dependent, DependentContext } from '../../lib/engine/contract.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { type SigningSecrets, signedHeaders, signingHmac, signingSecrets } from '../../lib/http/standard-webhooks.ts';
import { facts } from './facts.ts';

const target = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe('Where the message goes.'),
  sends: z
    .enum(['reference', 'value'])
    .default('reference')
    .describe('Whether the message only names the new version, or holds the token itself.'),
  answers: z
    .enum(['acknowledgement', 'fingerprint'])
    .default('acknowledgement')
    .describe('Whether a 2xx is all that the receiver says, or it tells a fingerprint of the token that it uses.'),
});
type Target = z.infer<typeof target>;

type Context = DependentContext<Target, SigningSecrets>;

const status = z.object({ status: z.enum(['applied', 'pending', 'failed']), fingerprint: z.string().optional() });

export const webhook: Dependent<Target, SigningSecrets> = {
  facts,
  target,
  authority: signingSecrets,

  async read(context) {
    if (context.target.answers === 'acknowledgement') return { readClass: 'none', exists: undefined };
    const { fingerprint } = (await post(context, 'secret.verify', {})).json(status);
    return {
      readClass: 'digest',
      exists: fingerprint !== undefined,
      matches: (candidate) => fingerprint === fingerprintOf(context.authority, candidate),
    };
  },

  async apply(context, copy) {
    const reference = { secret: copy.secretArn, token: copy.token, version_id: copy.versionId };
    await post(context, 'secret.rotated', context.target.sends === 'value' ? { ...reference, value: copy.value } : reference);
    return {};
  },

  async inEffect(context, copy, evidence) {
    if (context.target.answers === 'acknowledgement') {
      return evidence === undefined
        ? { state: 'not-yet', detail: 'the receiver has not been told' }
        : { state: 'in-effect', by: 'receipt' };
    }
    const told = (await post(context, 'secret.verify', { version_id: copy.versionId })).json(status);
    if (told.fingerprint === fingerprintOf(context.authority, copy.value)) return { state: 'in-effect', by: 'reading' };
    if (told.status === 'failed') return { state: 'failed', detail: 'the receiver says that it failed' };
    return { state: 'not-yet', detail: 'the receiver uses another token' };
  },
};

/** Each sending has an id of its own: a receiver drops ids that it has seen, and going back to an older version is news. */
function post(context: Context, type: string, data: Record<string, Copy['value'] | string>) {
  const { http, target, authority, now } = context;
  const body = JSON.stringify({
    type,
    timestamp: isoSeconds(now),
    data: Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, value instanceof Secret ? value.reveal() : value]),
    ),
  });
  const id = `msg_${createHash('sha256').update(`${target.url}\0${now}\0${body}`).digest('base64url').slice(0, 27)}`;
  return http('POST', target.url, {
    text: new Secret(body),
    headers: signedHeaders(facts.name, authority, { id, body, now }),
    idempotent: true,
  });
}

/** What the receiver is to answer: it knows key and token, and nobody learns either from it. */
function fingerprintOf({ secret }: SigningSecrets, value: Secret): string {
  return signingHmac(facts.name, secret).update(value.reveal()).digest('hex').slice(0, 16);
}

function isoSeconds(now: number): string {
  return new Date(Math.floor(now / 1000) * 1000).toISOString();
}
