import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { fileProblem, type Problem } from '../catalog/problem.ts';
import { visible } from '../catalog/wording.ts';

// CloudFormation takes 500 resources a stack, and moving a secret from one stack to another is a deletion and a creation. So each token
// stays for ever in the stack that it first came into, and a file beside the catalog remembers which that is.

/** Each token's stack, by its number. Stack 1 is the main one, with everything that is not a token. */
export type Assignment = ReadonlyMap<string, number>;

export const stacksFile = 'stacks.generated.json';

/** A main stack of 60 tokens leaves room for 30 providers; the others hold nothing but tokens, two resources each. */
export const mainStackTokens = 60;
export const otherStackTokens = 240;

/**
 * Every token keeps its stack. New ones, in alphabetical order, fill what room there is from the first stack on, and open further ones;
 * tokens that have left are forgotten.
 */
export function assignStacks(kept: Assignment, tokens: readonly string[]): Assignment {
  const assigned = new Map(tokens.flatMap((token) => (kept.has(token) ? [[token, kept.get(token) ?? 1]] : [])));
  const filled = new Map<number, number>();
  for (const stack of assigned.values()) filled.set(stack, (filled.get(stack) ?? 0) + 1);
  let open = 1;
  const hasRoom = (stack: number) => (filled.get(stack) ?? 0) < (stack === 1 ? mainStackTokens : otherStackTokens);
  for (const token of [...tokens].sort()) {
    if (assigned.has(token)) continue;
    while (!hasRoom(open)) open += 1;
    assigned.set(token, open);
    filled.set(open, (filled.get(open) ?? 0) + 1);
  }
  return new Map([...assigned].sort(([a], [b]) => (a < b ? -1 : 1)));
}

const schema = z.strictObject({
  about: z.string(),
  tokens: z.record(z.string().regex(/^[a-z0-9-]{1,64}$/), z.int().min(1).max(1000)),
});

/** What the file of a catalog folder says; nothing where there is none. A file that cannot be read is a problem, because guessing would move tokens. */
export function readStacks(folder: string): { readonly kept: Assignment; readonly problem?: Problem } {
  let text: string;
  try {
    text = readFileSync(join(folder, stacksFile), 'utf8');
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return { kept: new Map() };
    return { kept: new Map(), problem: unfit(folder, 'cannot be read') };
  }
  try {
    return { kept: new Map(Object.entries(schema.parse(JSON.parse(text)).tokens)) };
  } catch {
    return { kept: new Map(), problem: unfit(folder, 'is not what was generated') };
  }
}

/** The same assignment always gives the same text. */
export function stacksText(assignment: Assignment): string {
  const about = 'Which stack each token is in. Written by synth, kept in version control: a token that moved would be made anew.';
  return `${JSON.stringify({ about, tokens: Object.fromEntries(assignment) }, null, 2)}\n`;
}

/** Brings the file up to date, or says that it is not where it may not be written. */
export function keepStacks(folder: string, assignment: Assignment, isFrozen: boolean): Problem | undefined {
  const path = join(folder, stacksFile);
  const text = stacksText(assignment);
  let before: string | undefined;
  try {
    before = readFileSync(path, 'utf8');
  } catch {
    before = undefined;
  }
  if (before === text) return undefined;
  if (isFrozen) {
    const fix = 'Run `npx cdk synth` where you can commit, and commit the file that it writes.';
    return fileProblem(
      visible(path),
      'stacks',
      'The file does not know the stacks of all tokens, and may not be written here.',
      fix,
    );
  }
  writeFileSync(path, text);
  return undefined;
}

function unfit(folder: string, how: string): Problem {
  const fix = 'Restore it from version control: a token that came into another stack would be made anew.';
  return fileProblem(visible(join(folder, stacksFile)), 'stacks', `The file ${how}.`, fix);
}
