import { RotationError } from '../engine/errors.ts';
import { isLoopback } from '../http/inner.ts';

/** An emulator of AWS on this machine, chosen at synth. What is deployed for it can reach no other AWS, and says so wherever it is seen. */
export interface LocalEndpoint {
  /** Where it listens: `http://127.0.0.1:4566`. */
  readonly url: string;
  /**
   * Stand-ins of providers on loopback, by the vendor's host: `{ 'registry.example.com': 'http://127.0.0.1:4873' }`.
   * @default the functions call the vendors themselves
   */
  readonly hosts?: Readonly<Record<string, string>>;
  /**
   * A folder of this machine with the functions' clock, so that a test can move it. The emulator must run functions here.
   * @default the real clock
   */
  readonly stateFolder?: string;
}

/** Throws where anything of it is not on loopback: functions would send credentials there in the clear. */
export function assertLoopback({ url, hosts = {} }: LocalEndpoint): void {
  for (const address of [url, ...Object.values(hosts)]) {
    if (URL.canParse(address) && isLoopback(new URL(address).hostname)) continue;
    throw new RotationError('catalog', 'keyturn: the local endpoint names an address that is not on loopback', {
      fix: 'Write addresses such as http://127.0.0.1:4566, or leave it away to deploy to AWS.',
    });
  }
}
