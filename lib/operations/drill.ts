import { randomUUID } from 'node:crypto';
import type { CatalogEntry } from '../catalog/catalog.ts';
import type { Happened } from '../engine/records.ts';
import type { Installation } from './installation.ts';
import { Refusal } from './refusal.ts';

/** Both have to have signed within so many days. */
const togetherDays = 30;

/** Who has walked through the runbook since it was last proven, and who has not. */
export interface Walk {
  readonly signed: readonly string[];
  readonly missing: readonly string[];
}

/** Where nobody but people can rehearse a renewal: how far they are with it. */
export async function walkOf({ ledger, clock }: Installation, { token, owner, backup }: CatalogEntry): Promise<Walk> {
  const happened = await ledger.happened(token.name, 100);
  const provenAt = happened.find(({ what }) => what === 'drill.passed')?.at ?? 0;
  const since = Math.max(provenAt, clock.now() - togetherDays * 86_400_000);
  const signatures = happened.filter(({ what, at }) => what === 'drill.signed' && at > since);
  const people = [...new Set([owner, backup])];
  const signed = people.filter((id) => signatures.some(({ by }) => by === id));
  return { signed, missing: people.filter((id) => !signed.includes(id)) };
}

/** One of the two has walked through the runbook and found that it holds. With the second of them the rehearsal has come to its end. */
export async function signWalk(installation: Installation, entry: CatalogEntry, person: string): Promise<Walk> {
  const { token, owner, backup, needs } = entry;
  if (!needs.isAssisted) throw new Refusal(`${token.name} is rehearsed by itself: \`keyturn drill ${token.name}\` does it now.`);
  if (person !== owner && person !== backup)
    throw new Refusal(`Only its owner (${owner}) and its backup (${backup}) sign for ${token.name}.`);
  const { arn } = await installation.describe(entry);
  const record = (what: Happened['what'], message: string, by?: string) => {
    const at = installation.clock.now();
    const known = by === undefined ? {} : { by };
    const happened = { id: `${at}-${randomUUID()}`, at, what, token: token.name, secretArn: arn, message, ...known };
    return installation.ledger.recordAction(token.provider, happened);
  };
  await record('drill.signed', `${token.name}: ${person} has walked through its runbook`, person);
  const walk = await walkOf(installation, entry);
  const missing = walk.missing.filter((id) => id !== person);
  if (missing.length === 0) await record('drill.passed', `${token.name}: its owner and its backup have rehearsed a renewal`);
  return { signed: [...new Set([...walk.signed, person])], missing };
}
