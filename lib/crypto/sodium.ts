import type { Cryptography } from '../engine/contract.ts';

/** The real thing, loaded when it is first needed: libsodium is larger than all of the engine. */
export const cryptography: Cryptography = {
  async seal(text, publicKey) {
    const { default: sodium } = await import('libsodium-wrappers');
    await sodium.ready;
    return sodium.crypto_box_seal(text.reveal(), publicKey);
  },
};
