/** A registry asked from outside, with nothing of ours in between: the judge of what a token is worth. */
export interface Registry {
  /** Whether the registry names the user for this token; what it does not know gets a friendly 200 and no name. */
  accepts(token: string): Promise<boolean>;
  /** How many tokens of the user are alive. */
  liveTokens(): Promise<number>;
}

export function askRegistry(url: string, user: string, password: string): Registry {
  return {
    async accepts(token) {
      const answer = await fetch(`${url}/-/whoami`, { headers: { authorization: `Bearer ${token}` } });
      if (![200, 401, 403].includes(answer.status)) throw new Error(`the registry answered ${answer.status} to whoami`);
      return answer.status === 200 && ((await answer.json()) as { username?: string }).username === user;
    },
    async liveTokens() {
      const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
      const answer = await fetch(`${url}/-/npm/v1/tokens`, { headers: { authorization } });
      if (answer.status !== 200) throw new Error(`the registry answered ${answer.status} to the list of tokens`);
      return ((await answer.json()) as { objects: readonly unknown[] }).objects.length;
    },
  };
}

/** A token as a person makes it. */
export async function makeToken(url: string, user: string, password: string): Promise<string> {
  const answer = await fetch(`${url}/-/npm/v1/tokens`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({ password, readonly: false, cidr_whitelist: [] }),
  });
  if (answer.status !== 200) throw new Error(`the registry answered ${answer.status} when a token was to be made`);
  return ((await answer.json()) as { token: string }).token;
}
