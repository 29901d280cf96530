import { RotationError } from './errors.ts';
import { holderOf, pending, readHold, readOurLabel } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { SecretState } from './ports.ts';
import { liveTokens } from './preflight.ts';
import { tellQuietly } from './step.ts';
import { strayMinimumAgeHours, straysOf } from './strays.ts';

/**
 * Revokes live tokens of ours that nobody holds: minted, and never stored. They are told by our mark, or by the principal being ours alone;
 * they must be so old that no slow run can still store them. What may be somebody else's is reported and never touched.
 */
export async function sweepStrays(
  open: OpenToken,
  secretArn: string,
): Promise<{ readonly revoked: number; readonly reported: number }> {
  const { ports, rotator, token } = open;
  const live = await liveTokens(open);
  if (live === undefined) return { revoked: 0, reported: 0 };
  // Labels are read after the list, so that what was stored in between is not taken for a stray.
  const state = await ports.store.describe(secretArn);
  const { ours, unclear } = straysOf(open, state, live, await emptyPending(open, state));
  const old = ports.clock.now() - strayMinimumAgeHours * 3_600_000;
  let revoked = 0;
  for (const stray of ours) {
    if (stray.bornAt === undefined || stray.bornAt > old) continue;
    const revoke = rotator.revoke?.bind(rotator);
    if (revoke === undefined || token.mode !== 'retire' || readHold(state) !== undefined) continue;
    await open.withAuthority((context) => revoke(context, { ref: stray.ref }));
    revoked += 1;
    await tellQuietly(open, {
      what: 'token.stray-revoked',
      secretArn: state.arn,
      message: `${token.name}: a token whose value had been lost when it was made was revoked`,
    });
  }
  if (unclear.length > 0) await report(open, state.arn, unclear.length);
  return { revoked, reported: unclear.length };
}

/** A pending version that has an id and no value yet holds nothing that could look like a stray. */
async function emptyPending({ ports, rotator }: OpenToken, state: SecretState): Promise<string | undefined> {
  const versionId = holderOf(state, pending);
  if (rotator.facts.mark.can || versionId === undefined || readOurLabel(state.versions.get(versionId)) !== undefined)
    return undefined;
  return (await ports.store.read(state.arn, { versionId })) === undefined ? versionId : undefined;
}

async function report(open: OpenToken, secretArn: string, count: number): Promise<void> {
  const { token, rotator } = open;
  const many = count === 1 ? 'a live token that is' : `${count} live tokens that are`;
  const error = new RotationError('unknown-ref', `${token.name}: ${rotator.facts.title} has ${many} in none of our labels`, {
    fix: `If nobody but Keyturn makes tokens there, set \`exclusive: true\` for ${token.name}; otherwise see at the provider whose they are.`,
  });
  await tellQuietly(open, { what: 'stray.reported', secretArn, code: error.code, message: error.message, fix: error.fix });
}
