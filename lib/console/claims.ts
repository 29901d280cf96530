import type { Catalog } from '../catalog/catalog.ts';
import { day } from '../engine/time.ts';
import { type Role, roles, type Visitor } from './guard.ts';

/** Which groups of the issuer stand for which role. */
export interface Groups {
  /** The claim that lists a person's groups: `cognito:groups`, `groups`. */
  readonly claim: string;
  readonly of: Readonly<Record<Role, string>>;
}

type Claims = Readonly<Record<string, unknown>>;

/**
 * Who somebody is, by what the issuer says of them. A role comes from a group alone. Whoever has an address that the issuer has verified, and that
 * the catalog has for somebody who has not left, is that person; a name or an address that is only said makes nobody anything.
 */
export function visitorOf(claims: Claims, groups: Groups, catalog: Catalog, now: number): Omit<Visitor, 'seals' | 'isSignedIn'> {
  const role = roles.find((each) => groupsIn(claims[groups.claim]).includes(groups.of[each]));
  const email = verifiedEmail(claims);
  const personId = email === undefined ? undefined : personWith(email, catalog, now);
  return {
    who: email ?? String(claims['sub']),
    ...(role === undefined ? {} : { role }),
    ...(personId === undefined ? {} : { personId }),
  };
}

/** A list of names, or one name. A text with several in it is none of them. */
function groupsIn(claim: unknown): readonly unknown[] {
  return Array.isArray(claim) ? claim : [claim];
}

function verifiedEmail({ email, email_verified: isVerified }: Claims): string | undefined {
  // Cognito says it as a text where others say it as a truth.
  if (typeof email !== 'string' || (isVerified !== true && isVerified !== 'true')) return undefined;
  return email.toLowerCase();
}

function personWith(email: string, { people }: Catalog, now: number): string | undefined {
  const today = day(now);
  const found = [...people].filter(
    ([, person]) => person.email.toLowerCase() === email && (person.left === undefined || person.left > today),
  );
  return found.length === 1 ? found[0]?.[0] : undefined;
}
