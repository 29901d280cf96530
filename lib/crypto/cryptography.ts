import type { Cryptography } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';

/** So many in a row are none in one life of the universe. */
const mostTries = 20;

/** The real thing, each part loaded when it is first needed: libsodium is larger than all of the engine, and SSH not small. */
export const cryptography: Cryptography = {
  async seal(text, publicKey) {
    const { default: sodium } = await import('libsodium-wrappers');
    await sodium.ready;
    return sodium.crypto_box_seal(text.reveal(), publicKey);
  },

  // ssh2 1.17.0 drops zeros at the beginning of a public key, so that one pair of 256 is none: it is thrown away, and another made.
  async makeKeyPair() {
    const { default: ssh } = await import('ssh2');
    for (let tries = 0; tries < mostTries; tries += 1) {
      const { private: text, public: publicKey } = ssh.utils.generateKeyPairSync('ed25519');
      const privateKey = new Secret(text);
      if ((await cryptography.publicKeyOf(privateKey)) === publicKey) return { privateKey, publicKey };
    }
    throw new RotationError('internal', `keyturn: none of ${mostTries} key pairs was one`, {
      fix: 'This is a fault in Keyturn or in ssh2: please report it with this message.',
      definite: true,
    });
  },

  async publicKeyOf(privateKey) {
    const { default: ssh } = await import('ssh2');
    const key = ssh.utils.parseKey(privateKey.reveal());
    // The library's error holds words of the text.
    if (key instanceof Error || !key.isPrivateKey()) return undefined;
    return `${key.type} ${key.getPublicSSH().toString('base64')}`;
  },
};
