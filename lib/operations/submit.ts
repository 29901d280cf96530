import { randomUUID } from 'node:crypto';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { RotatorFacts } from '../engine/facts.ts';
import { submitted, underwayIn } from '../engine/labels.ts';
import type { SecretState } from '../engine/ports.ts';
import { Secret } from '../engine/secret.ts';
import { encodeStored } from '../engine/stored-value.ts';
import type { SubmissionVerdict } from '../engine/submission.ts';
import type { Token } from '../engine/token.ts';
import { type Installation, pausesOf } from './installation.ts';
import { Refusal } from './refusal.ts';
import { statusOf } from './token-status.ts';

/** What a person typed, by the name of the part: `value`, and whatever else was issued with it. */
export type Typed = Readonly<Record<string, string>>;

/** What a form asks for. */
export interface AskedPart {
  readonly part: string;
  readonly says: string;
}

/** What a submission came to. */
export type Submitted =
  | { readonly outcome: 'begun'; readonly versionId: string; readonly expiresAt?: number }
  | { readonly outcome: 'waits'; readonly why: string; readonly expiresAt?: number }
  | { readonly outcome: 'refused'; readonly code: string; readonly message: string; readonly fix: string };

/** Longer than any token; what is longer was copied by mistake. */
const mostCharacters = 16_384;

/** The value, and whatever else of it the catalog keeps. */
export function partsAsked({ name, value: layout }: Pick<Token, 'name' | 'value'>, { parts }: Asked): readonly AskedPart[] {
  const kept = layout.format === 'text' ? [] : Object.keys(layout.fields).filter((part) => part !== 'value');
  return [{ part: 'value', says: `The new token of ${name}` }, ...kept.map((part) => ({ part, says: parts[part] ?? part }))];
}

/** What has to be known of the provider. */
type Asked = Pick<RotatorFacts, 'kind' | 'parts'>;

/**
 * Takes what a person made by hand: stores it, where nobody can read it back, has the provider's function look whether it works and is what the
 * catalog declares, and begins the rotation that gives it to every place. What is refused is given up at once, and nothing was changed.
 */
export async function submit(installation: Installation, entry: CatalogEntry, rotator: Asked, typed: Typed): Promise<Submitted> {
  const { token } = entry;
  assertTakes(entry, rotator);
  const state = await installation.describe(entry);
  const { pause } = statusOf(entry, state, await pausesOf(installation), installation.clock.now());
  if (pause !== undefined) throw new Refusal(`${token.name} is paused by ${pause.by}: ${pause.why}. Nothing was stored.`);
  const parts = readTyped(typed, partsAsked(token, rotator));
  const { value, ...others } = Object.fromEntries(Object.entries(parts).map(([part, text]) => [part, new Secret(text)]));
  if (value === undefined) throw new Refusal('There is no token in it.');
  const text = encodeStored(token.value, { value, parts: others }, undefined);
  await installation.store.put(state.arn, { versionId: randomUUID(), text, labels: [submitted] });
  const verdict = await installation.ask<SubmissionVerdict>(entry, state, { Job: 'judge' });
  if (verdict.works === false) return { ...verdict, outcome: 'refused' };
  const expiry = verdict.works === true && verdict.expiresAt !== undefined ? { expiresAt: verdict.expiresAt } : {};
  return { ...(await begin(installation, entry, state)), ...expiry };
}

async function begin({ store, functionArn }: Installation, entry: CatalogEntry, state: SecretState) {
  const waits = (why: string) => ({ outcome: 'waits', why }) as const;
  if (underwayIn(state) !== undefined) return waits('another rotation is under way; this one is taken up after it');
  const versionId = randomUUID();
  const named = state.rotationFunctionArn === undefined ? functionArn(entry, state) : undefined;
  if ((await store.startRotation(state.arn, versionId, named)) === 'started') return { outcome: 'begun', versionId } as const;
  return waits('Secrets Manager does not begin a rotation now; the next sweep asks again');
}

function assertTakes({ token }: CatalogEntry, { kind }: Asked): void {
  if (kind !== 'assisted')
    throw new Refusal(`Nobody has to make a token for ${token.name}: \`keyturn rotate ${token.name}\` does.`);
  if (token.mode === 'observe')
    throw new Refusal(`${token.name} is only observed. Set \`mode: rotate\` in its entry, and deploy.`);
  if (token.rotation === 'external') throw new Refusal(`Something else rotates ${token.name}, as its entry says.`);
}

/** What stands around a copied token belongs to the page that it was copied from; what stands in it that no token has was copied by mistake. */
export function readTyped(typed: Typed, asked: readonly AskedPart[]): Typed {
  const faults: string[] = [];
  const read = asked.map(({ part, says }) => {
    const text = (typed[part] ?? '').trim();
    if (text === '') faults.push(`${says} is missing.`);
    else if (text.length > mostCharacters) faults.push(`${says} is longer than any token: ${text.length} characters.`);
    else if (part === 'value' && /[^\x21-\x7e]/.test(text))
      faults.push(`${says} has a space, a line break or a letter in it that no token has: copy it again.`);
    // What was issued with it may be a name that a person chose, in the letters and with the spaces of their language.
    else if (/[\p{C}\p{Zl}\p{Zp}]/u.test(text))
      faults.push(`${says} has a line break or a hidden character in it: copy it again.`);
    else if (/^<[^>]*>|<\/\w+>/.test(text)) faults.push(`${says} is a piece of a page, and no token.`);
    return [part, text] as const;
  });
  const unknown = Object.keys(typed).filter((part) => !asked.some((each) => each.part === part));
  if (unknown.length > 0)
    faults.push(`It has no such part: ${unknown.filter((part) => /^\w{1,40}$/.test(part)).join(', ') || 'an odd name'}.`);
  if (faults.length > 0) throw new Refusal(`${faults.join(' ')} Nothing was stored.`);
  return Object.fromEntries(read);
}
