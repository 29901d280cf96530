import type { LoopbackHosts } from '../http/addresses.ts';

/**
 * What a function bundled for a laptop, or for an emulator of AWS on loopback, knows besides the environment that Lambda gives it: one constant, put in by the bundler. A bundle
 * for AWS gets `false` in its place, and nothing of this is left in it.
 */
export interface LocalBuild {
  readonly awsEndpoint: string;
  /** Holds the clock, and the history of functions that have no table. Without it the clock is the real one. */
  readonly stateFolder?: string;
  readonly loopback: LoopbackHosts;
}
