import { randomUUID } from 'node:crypto';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { configurationOf } from '../engine/configuration.ts';
import type { Drilled } from '../engine/drill.ts';
import { canDrill } from '../engine/drillable.ts';
import type { RotatorFacts } from '../engine/facts.ts';
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

/** So long a page waits for what stands against a rehearsal; what comes after that is in the history of the token. */
const objectionMilliseconds = 4000;

/** Whether a program can rehearse a renewal of it, as far as the catalog and the provider go. */
export function rehearsesByItself(
  { token, needs }: CatalogEntry,
  facts: Pick<RotatorFacts, 'kind' | 'strategy' | 'revoke'>,
): boolean {
  return !needs.isAssisted && canDrill(facts) && token.mode === 'retire' && token.rotation !== 'external';
}

/** Begins a rehearsal, and does not wait for its end, which may take minutes. Throws what stands against it. */
export async function beginDrill(installation: Installation, entry: CatalogEntry): Promise<void> {
  const { clock } = installation;
  const asked = installation.ask<Drilled>(entry, await installation.describe(entry), { Job: 'drill' });
  // Whoever waits no longer hears nothing of how it ends, and need not: it is written down.
  asked.catch(() => {});
  await Promise.race([asked, clock.sleep(objectionMilliseconds)]);
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
  const record = (what: Happened['what'], message: string, more: Pick<Happened, 'by' | 'configuration'>) => {
    const at = installation.clock.now();
    const happened = { id: `${at}-${randomUUID()}`, at, what, token: token.name, secretArn: arn, message, ...more };
    return installation.ledger.recordAction(token.provider, happened);
  };
  await record('drill.signed', `${token.name}: ${person} has walked through its runbook`, { by: person });
  const walk = await walkOf(installation, entry);
  const missing = walk.missing.filter((id) => id !== person);
  // People go through every place, which no program does that rehearses.
  const configuration = configurationOf(token);
  if (missing.length === 0)
    await record('drill.passed', `${token.name}: its owner and its backup have rehearsed a renewal`, { configuration });
  return { signed: [...new Set([...walk.signed, person])], missing };
}
