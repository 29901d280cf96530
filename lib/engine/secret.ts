import { createHash, timingSafeEqual } from 'node:crypto';
import { inspect } from 'node:util';

/**
 * A value that must never be seen: a token, a key, a password.
 *
 * It prints, serialises and inspects as `[secret 3fa9c2d1]` (the first 8 hex digits of its SHA-256), and gives itself away only to
 * {@link Secret.reveal}, so that every place that handles the real characters can be found by searching for that word.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  /** The real characters. Only for handing them to the place they are meant for. */
  reveal(): string {
    return this.#value;
  }

  /** Compared in constant time. */
  equals(other: Secret | undefined): boolean {
    if (other === undefined) return false;
    return timingSafeEqual(sha256(this.#value), sha256(other.#value));
  }

  /** Its length in UTF-8 bytes. */
  get bytes(): number {
    return Buffer.byteLength(this.#value, 'utf8');
  }

  /**
   * A digest that says whether two secrets are the same without saying what they are: 32 hex digits of SHA-256 over salt and value.
   * The salt (the secret's ARN) keeps equal values of different tokens from being linked.
   */
  digest(salt: string): string {
    return sha256(`${salt}\0${this.#value}`).toString('hex').slice(0, 32);
  }

  toString(): string {
    return `[secret ${sha256(this.#value).toString('hex').slice(0, 8)}]`;
  }

  toJSON(): string {
    return this.toString();
  }

  [Symbol.toPrimitive](): string {
    return this.toString();
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

function sha256(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
