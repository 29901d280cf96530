import type { Cryptography } from '../engine/contract.ts';
import { Secret } from '../engine/secret.ts';

// Key pairs of which each half tells the other: whoever stands in for a host of SSH can then say, without the mathematics, which of the public
// keys that it knows a private one belongs to, and everything that is searched for secrets knows what to search for.

const kind = 'ssh-ed25519';
const envelope = /^-----BEGIN OPENSSH PRIVATE KEY-----\ncanary-([A-Za-z0-9+/=]+)\n-----END OPENSSH PRIVATE KEY-----\n$/;

/** A public key as SSH writes it: its kind, and base64 of the kind and 32 bytes. */
export function publicKeyFrom(random: Uint8Array): string {
  const field = (bytes: Uint8Array) => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  return `${kind} ${Buffer.concat([field(Buffer.from(kind)), field(random)]).toString('base64')}`;
}

/** Backwards, so that no stretch of the one is found in the other. */
export function privateKeyOf(publicKey: string): string {
  const [, body = ''] = publicKey.split(' ');
  return `-----BEGIN OPENSSH PRIVATE KEY-----\ncanary-${backwards(body)}\n-----END OPENSSH PRIVATE KEY-----\n`;
}

export function publicKeyIn(privateKey: string): string | undefined {
  const [, body] = envelope.exec(privateKey) ?? [];
  return body === undefined ? undefined : `${kind} ${backwards(body)}`;
}

function backwards(text: string): string {
  return [...text].reverse().join('');
}

/** The part of {@link Cryptography} that is about such pairs. */
export function legibleKeys(random: (bytes: number) => Uint8Array): Pick<Cryptography, 'makeKeyPair' | 'publicKeyOf'> {
  return {
    async makeKeyPair() {
      const publicKey = publicKeyFrom(random(32));
      return { publicKey, privateKey: new Secret(privateKeyOf(publicKey)) };
    },
    publicKeyOf: async (privateKey) => publicKeyIn(privateKey.reveal()),
  };
}
