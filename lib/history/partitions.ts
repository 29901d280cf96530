// How the partitions are called. Everything of a provider's tokens begins with the provider, so that a policy can keep its function to that;
// and nothing of the whole can begin like a provider, whose name has no colon.

export const partitions = {
  /** Receipts and failures of a secret. */
  secret: (provider: string, secretArn: string) => `${provider}#secret#${secretArn}`,
  /** What happened to a token. */
  token: (provider: string, token: string) => `${provider}#token#${token}`,
  /** The health of all tokens of a provider, together, so that the health of all tokens is there in a few calls. */
  healths: (provider: string) => `${provider}#healths`,
  /** What last showed of all tokens of a provider that they can be renewed; together for the same reason. */
  proofs: (provider: string) => `${provider}#proofs`,
  alerts: 'fleet:alerts',
  pauses: 'fleet:pauses',
  digests: 'fleet:digests',
  /** Of people who have signed in to the console. */
  sessions: 'fleet:sessions',
} as const;

/** What a policy takes for the partitions of one provider. */
export function partitionsOf(provider: string): string {
  return `${provider}#*`;
}

/** And for what happened to tokens, of whatever provider, with what it proves. */
export const everyTokensPartitions = ['*#token#*', partitions.proofs('*')] as const;
