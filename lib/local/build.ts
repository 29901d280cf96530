import type { LoopbackHosts } from '../http/addresses.ts';

/**
 * What a function bundled for a laptop knows besides the environment that Lambda gives it: one constant, put in by the bundler. A bundle
 * for AWS gets `false` in its place, and nothing of this is left in it.
 */
export interface LocalBuild {
  readonly awsEndpoint: string;
  /** Holds the clock and the history. */
  readonly stateFolder: string;
  readonly loopback: LoopbackHosts;
}
