import type { Inspection, Verdict } from './contract.ts';
import { RotationError } from './errors.ts';
import type { OpenToken } from './open-token.ts';

/**
 * Throws `mismatch` where a token is less than the catalog declares. More rights than declared are reported by the watch; fewer would break who
 * uses the token. What the provider does not tell is no fault.
 */
export function assertDeclared(
  open: OpenToken,
  verdict: Extract<Verdict, { ok: true }>,
  told: Pick<Inspection, 'scopes' | 'expiresAt'> | undefined,
): void {
  const { token, ports } = open;
  const { scopes: declared = [], expiresAfterDays } = token.expect;
  const scopes = verdict.scopes ?? told?.scopes;
  const missing = scopes === undefined ? [] : declared.filter((scope) => !scopes.includes(scope));
  if (missing.length > 0) throw mismatch(open, `lacks ${missing.join(', ')}`);
  const expiresAt = verdict.expiresAt ?? told?.expiresAt;
  if (expiresAt === undefined || expiresAfterDays === undefined) return;
  if (expiresAt < ports.clock.now() + expiresAfterDays * 86_400_000)
    throw mismatch(open, `expires in less than ${expiresAfterDays} days`);
}

function mismatch({ token, rotator }: OpenToken, how: string): RotationError {
  return new RotationError('mismatch', `${token.name}: the new token ${how}`, {
    fix:
      rotator.facts.kind === 'assisted'
        ? `Make another one as the runbook of ${token.name} says, with all that it tells to tick, and submit that one.`
        : 'Give the authority the rights to hand these out, or change `expect:` in the catalog to what is really needed.',
    definite: true,
  });
}
