import type { Cryptography } from '../engine/contract.ts';
import { Secret } from '../engine/secret.ts';

/** The real thing, each part loaded when it is first needed: libsodium is larger than all of the engine, and SSH not small. */
export const cryptography: Cryptography = {
  async seal(text, publicKey) {
    const { default: sodium } = await import('libsodium-wrappers');
    await sodium.ready;
    return sodium.crypto_box_seal(text.reveal(), publicKey);
  },

  async makeKeyPair() {
    const { default: ssh } = await import('ssh2');
    const made = ssh.utils.generateKeyPairSync('ed25519');
    return { privateKey: new Secret(made.private), publicKey: made.public };
  },

  async publicKeyOf(privateKey) {
    const { default: ssh } = await import('ssh2');
    const key = ssh.utils.parseKey(privateKey.reveal());
    // The library's error holds words of the text.
    if (key instanceof Error || !key.isPrivateKey()) return undefined;
    return `${key.type} ${key.getPublicSSH().toString('base64')}`;
  },
};
