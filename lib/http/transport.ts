import type { TrustingInit } from './trusting.ts';

/**
 * The platform's fetch, which knows no SSH, and no authority besides those of Node: for an address that begins with `ssh:`, lib/ssh, and for a host
 * that has an authority of its own, node:https. Each is loaded when it is first needed.
 */
export const transport: typeof globalThis.fetch = async (input, init: TrustingInit = {}) => {
  if (String(input).startsWith('ssh:')) {
    const { askRepository } = await import('../ssh/repository.ts');
    return askRepository(input, init);
  }
  if (init.certificateAuthority === undefined) return globalThis.fetch(input, init);
  const { fetchTrusting } = await import('./trusting.ts');
  return fetchTrusting(new URL(String(input)), init);
};
