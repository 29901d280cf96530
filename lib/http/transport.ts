/** The platform's fetch, which knows no SSH; for an address that begins with `ssh:`, lib/ssh. It is loaded when it is first needed. */
export const transport: typeof globalThis.fetch = async (input, init) => {
  if (!String(input).startsWith('ssh:')) return globalThis.fetch(input, init);
  const { askRepository } = await import('../ssh/repository.ts');
  return askRepository(input, init);
};
