import type { Instant } from './contract.ts';
import { readOurLabel, submitted } from './labels.ts';
import type { ListedSecret } from './ports.ts';
import type { Cause } from './records.ts';

// Secrets that Keyturn once took care of, and that no entry of the catalog names any more: nobody rotates them, and nobody revokes what they hold.

/** The code of such a cause, by which an alert about one is known again. */
export const uncatalogedCode = 'not-in-catalog';

/** A deployment adds an entry to the rotators and to the reconciler one after the other, and Secrets Manager rotates in between. */
const patienceHours = 1;

/**
 * A cause for each secret that has a token of ours in it, or that Secrets Manager rotates by a function of this installation, and that is in no entry
 * of the catalog. What the functions of another installation rotate is theirs. Nothing is ever done to any of them.
 */
export function uncatalogedCauses(
  secrets: Iterable<ListedSecret>,
  tokens: readonly { readonly secret: string }[],
  { installation, now }: { installation: string; now: Instant },
): readonly Cause[] {
  const known = new Set(tokens.map(({ secret }) => secret));
  const isKnown = ({ name, arn }: ListedSecret) => known.has(name) || known.has(arn);
  const isFresh = ({ createdAt = 0, rotatedAt = 0 }: ListedSecret) =>
    now - Math.max(createdAt, rotatedAt) < patienceHours * 3_600_000;
  return [...secrets]
    .filter((secret) => !isKnown(secret) && !isFresh(secret))
    .flatMap((secret) => causeOf(secret, installation) ?? [])
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

function causeOf(secret: ListedSecret, installation: string): Cause | undefined {
  const { name, rotationFunctionArn, rotationEnabled, versions } = secret;
  const [, rotatedBy] = /:function:(.+)-rotate-[^:]+$/.exec(rotationFunctionArn ?? '') ?? [];
  const made = [...versions.values()].filter((labels) => readOurLabel(labels) !== undefined || labels.includes(submitted)).length;
  const isOurs = rotatedBy === installation;
  if (!isOurs && (made === 0 || rotatedBy !== undefined)) return undefined;
  const isRotated = isOurs && rotationEnabled === true;
  return {
    id: `${uncatalogedCode}/${name}`,
    code: uncatalogedCode,
    urgency: 'soon',
    message: `The secret ${name} is in no entry of the catalog, and ${reasonOf({ made, isRotated })}`,
    next: isRotated
      ? 'Each rotation of it is refused; the token in it works until it expires'
      : 'Nothing: Keyturn touches no secret that is not in its catalog',
    fix: isOurs
      ? `Give ${name} its entry back and deploy; if it is to go, docs/deploying.md says how a token leaves the catalog`
      : `Give ${name} its entry back, or acknowledge this if another installation of Keyturn takes care of it`,
  };
}

function reasonOf({ made, isRotated }: { made: number; isRotated: boolean }): string {
  const holds =
    made === 0 ? undefined : made === 1 ? 'a token of ours in it may be alive' : `${made} tokens of ours in it may be alive`;
  const rotates = isRotated ? 'Secrets Manager still means to rotate it' : undefined;
  return [holds, rotates].filter((each) => each !== undefined).join(', and ') || 'a function of ours still stands in it';
}
