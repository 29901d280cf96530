import { userInfo } from 'node:os';
import { createInterface } from 'node:readline/promises';

/** Asks before something that cannot be undone at once. Without a terminal it refuses, unless `--yes` was said. */
export async function confirm(question: string, { yes = false }: { readonly yes?: boolean }): Promise<void> {
  if (yes) return;
  if (process.stdin.isTTY !== true) throw new Error(`${question} Nobody is here to answer: say --yes if it is meant.`);
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await reader.question(`${question} [y/N] `);
  reader.close();
  if (!/^y(es)?$/i.test(answer.trim())) throw new Error('Nothing was changed.');
}

/** Who sits here, for the records. */
export function whoAmI(): string {
  return userInfo().username;
}
