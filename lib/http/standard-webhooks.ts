import { createHmac, type Hmac } from 'node:crypto';
import * as z from 'zod';
import type { Instant } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import type { Secret } from '../engine/secret.ts';
import { secretText } from '../plugin/schemas.ts';

/** How a signing secret is stored: `previous` while the receiver may still know that one only. */
export const signingSecrets = z.strictObject({ secret: secretText, previous: secretText.optional() });
export type SigningSecrets = z.infer<typeof signingSecrets>;

export interface Signed {
  /** The same for the same message sent again: receivers drop what they have seen. */
  readonly id: string;
  readonly body: string;
  readonly now: Instant;
}

/** The headers of a JSON message by Standard Webhooks v1. `who` begins the error where the secret is not of its form: `authority`. */
export function signedHeaders(
  who: string,
  { secret, previous }: SigningSecrets,
  { id, body, now }: Signed,
): Readonly<Record<string, string>> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = [secret, previous].flatMap((each) =>
    each === undefined ? [] : [`v1,${signingHmac(who, each).update(`${id}.${timestamp}.${body}`).digest('base64')}`],
  );
  return {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': signatures.join(' '),
  };
}

/** The key is what the base64 stands for, not its letters. */
export function signingHmac(who: string, secret: Secret): Hmac {
  const text = secret.reveal();
  const key = Buffer.from(text.replace(/^whsec_/, ''), 'base64');
  if (text.startsWith('whsec_') && key.byteLength >= 24 && key.byteLength <= 64) return createHmac('sha256', key);
  throw new RotationError('authority', `${who}: the signing secret is not \`whsec_\` and the base64 of 24 to 64 bytes`, {
    fix: 'Make a new signing secret, store it where the catalog names it, and give it to the receiver.',
    definite: true,
  });
}
