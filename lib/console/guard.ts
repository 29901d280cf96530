import type { Catalog, CatalogEntry } from '../catalog/catalog.ts';
import { RotationError } from '../engine/errors.ts';
import type { Ledger, Pause } from '../engine/records.ts';
import type { Installation } from '../operations/installation.ts';
import type { TokenStatus } from '../operations/token-status.ts';
import type { Action } from './actions.ts';
import type { Seals } from './seals.ts';

// The one place that decides who sees what and who may do what. Pages are handed an installation in which there is nothing but what the visitor
// may see, so that no page can show more by mistake.

/** `viewer` sees everything; an `operator` acts on everything too; an `admin` also ends what somebody else wanted kept. */
export const roles = ['admin', 'operator', 'viewer'] as const;
export type Role = (typeof roles)[number];

/** Whoever looks at the console. */
export interface Visitor {
  /** As the records call them. */
  readonly who: string;
  /** Of the whole installation. Missing: they have to do with their own tokens only. */
  readonly role?: Role;
  /** Who they are in the catalog. Tokens of which they are owner or backup are their own, and they may do everything with them. */
  readonly personId?: string;
  /** For the forms on their pages. */
  readonly seals: Seals;
  /** They have signed in, and may sign out. */
  readonly isSignedIn: boolean;
}

type Known = Pick<Visitor, 'role' | 'personId'>;

/** Whether there is anything in the console for them. */
export function hasPart({ role, personId }: Known): boolean {
  return role !== undefined || personId !== undefined;
}

function isOwn({ personId }: Known, { owner, backup }: CatalogEntry): boolean {
  return personId !== undefined && (owner === personId || backup === personId);
}

function maySee(visitor: Known, entry: CatalogEntry): boolean {
  return visitor.role !== undefined || isOwn(visitor, entry);
}

export function mayAct(visitor: Known, action: Pick<Action, 'endsAWish'>, entry: CatalogEntry, status: TokenStatus): boolean {
  if (isOwn(visitor, entry) || visitor.role === 'admin') return true;
  return visitor.role === 'operator' && action.endsAWish?.(status) !== true;
}

/**
 * As whom of owner and backup a visitor may sign that they have rehearsed it. Whoever is at the machine itself acts with their own credentials of
 * AWS, as the command does, and says which of the two they are; an operator or admin elsewhere signs for nobody.
 */
export function mayWalkAs({ personId, role, isSignedIn }: Visitor, { owner, backup }: CatalogEntry): readonly string[] {
  const both = [...new Set([owner, backup])];
  if (personId !== undefined) return both.filter((id) => id === personId);
  return role === 'admin' && !isSignedIn ? both : [];
}

/** The installation as a visitor sees it. A token that they do not see is for them as if it were not there. */
export function seenBy(installation: Installation, visitor: Known): Installation {
  if (visitor.role !== undefined) return installation;
  const catalog = catalogSeenBy(installation.catalog, visitor);
  return {
    ...installation,
    catalog,
    ledger: ledgerSeenBy(installation.ledger, catalog),
    entry(name) {
      const entry = catalog.entries.find(({ token }) => token.name === name);
      if (entry !== undefined) return entry;
      throw new RotationError('catalog', 'keyturn: there is no token of this name among yours', {
        fix: 'The list of tokens has them all.',
        definite: true,
      });
    },
  };
}

/** Their tokens, and of people and teams only those who have to do with them. */
function catalogSeenBy(catalog: Catalog, visitor: Known): Catalog {
  const entries = catalog.entries.filter((entry) => maySee(visitor, entry));
  const teamIds = new Set(entries.flatMap(({ team, account }) => [team, account.administrator]));
  const teams = new Map([...catalog.teams].filter(([id]) => teamIds.has(id)));
  const personIds = new Set([
    ...entries.flatMap(({ owner, backup, account }) => [owner, backup, account.administrator]),
    ...[...teams.values()].flatMap(({ members }) => members),
  ]);
  return { ...catalog, entries, teams, people: new Map([...catalog.people].filter(([id]) => personIds.has(id))) };
}

function ledgerSeenBy(ledger: Ledger, { entries }: Catalog): Ledger {
  const names = new Set(entries.map(({ token }) => token.name));
  const isSeen = (token: string | undefined) => token !== undefined && names.has(token);
  const isOfSeen = ({ of }: Pause) => !of.startsWith('token:') || names.has(of.slice('token:'.length));
  return {
    ...ledger,
    healths: async () => (await ledger.healths()).filter(({ token }) => isSeen(token)),
    proofs: async () => (await ledger.proofs()).filter(({ token }) => isSeen(token)),
    happened: async (token, most) => (isSeen(token) ? ledger.happened(token, most) : []),
    alerts: async () => (await ledger.alerts()).filter(({ token }) => isSeen(token)),
    pauses: async () => (await ledger.pauses()).filter(isOfSeen),
  };
}
