import { RotationError } from './errors.ts';
import { judge } from './judge.ts';
import { current, pending, previous, readHold, readOurLabel, refDigest } from './labels.ts';
import { openMints } from './mint-receipts.ts';
import type { OpenToken } from './open-token.ts';
import { readPause } from './pauses.ts';
import type { SecretState } from './ports.ts';
import { liveTokens } from './preflight.ts';
import { findRef } from './ref.ts';
import { tellQuietly } from './step.ts';
import { decodeStored } from './stored-value.ts';
import { type Strays, strayMinimumAgeHours, straysOf } from './strays.ts';
import { note } from './watch.ts';

/**
 * Revokes live tokens of ours that nobody holds: minted, and never stored. They are told by our mark, or by the principal being ours alone;
 * they must be so old that no slow run can still store them. What may be somebody else's is reported and never touched.
 */
export async function sweepStrays(
  open: OpenToken,
  secretArn: string,
): Promise<{ readonly revoked: number; readonly reported: number }> {
  const { ports, rotator, token } = open;
  // Whoever rotates it knows its tokens; and where only people make them, none of ours can have got lost.
  if (token.rotation === 'external' || rotator.facts.kind === 'assisted') return { revoked: 0, reported: 0 };
  const { certain } = await openMints(open, secretArn);
  const live = await liveTokens(open);
  if (live === undefined) return { revoked: 0, reported: 0 };
  // Labels are read after the list, so that what was stored in between is not taken for a stray.
  const state = await ports.store.describe(secretArn);
  const strays = straysOf(open, state, live, certain);
  const { ours, unclear } = strays.ours.length > 0 && !rotator.facts.mark.can ? await withoutPasted(open, state, strays) : strays;
  const mayRevoke =
    token.mode === 'retire' &&
    readHold(state) === undefined &&
    (ours.length === 0 || (await readPause(open, 'waits')) === undefined);
  const old = ports.clock.now() - strayMinimumAgeHours * 3_600_000;
  let revoked = 0;
  for (const stray of ours) {
    if (stray.bornAt === undefined || stray.bornAt > old) continue;
    const revoke = rotator.revoke?.bind(rotator);
    if (revoke === undefined || !mayRevoke) continue;
    await open.withAuthority((context) => revoke(context, { ref: stray.ref }));
    revoked += 1;
    await tellQuietly(open, {
      what: 'token.stray-revoked',
      secretArn: state.arn,
      ref: rotator.facts.secretRefPart === undefined ? stray.ref : refDigest(stray.ref),
      message: `${token.name}: a token whose value had been lost when it was made was revoked`,
    });
  }
  if (unclear.length > 0) await report(open, state.arn, unclear.length);
  else if (live.length > 0) await note(open, ['stray'], []);
  return { revoked, reported: unclear.length };
}

/**
 * A value that somebody pasted in is in none of our labels, and without a mark it looks like a stray that was born at the wrong time. Which
 * token it is the provider may tell; else whatever stands where people read from, and is not known to be dead, may be any of them.
 */
async function withoutPasted(open: OpenToken, state: SecretState, { ours, unclear }: Strays): Promise<Strays> {
  const pasted = new Set<string>();
  for (const [versionId, labels] of state.versions) {
    const isRead = [current, pending, previous].some((label) => labels.includes(label));
    if (!isRead || readOurLabel(labels) !== undefined) continue;
    const version = await open.ports.store.read(state.arn, { versionId });
    if (version === undefined) continue;
    const credential = decodeStored(open.token.value, version.text);
    const judgement = await judge(open, credential);
    if (!judgement.ok && judgement.why === 'rejected') continue;
    const ref = await findRef(open, version, credential);
    if (ref === undefined) return { ours: [], unclear: [...ours, ...unclear] };
    pasted.add(ref);
  }
  return {
    ours: ours.filter(({ ref }) => !pasted.has(ref)),
    unclear: [...unclear, ...ours.filter(({ ref }) => pasted.has(ref))],
  };
}

async function report(open: OpenToken, secretArn: string, count: number): Promise<void> {
  const { token, rotator } = open;
  const many = count === 1 ? 'a live token that is' : `${count} live tokens that are`;
  const error = new RotationError('unknown-ref', `${token.name}: ${rotator.facts.title} has ${many} in none of our labels`, {
    fix: `If nobody but Keyturn makes tokens there, set \`exclusive: true\` for ${token.name}; otherwise see at the provider whose they are.`,
  });
  await note(
    open,
    ['stray'],
    [
      {
        code: 'stray',
        about: rotator.facts.name,
        message: `${rotator.facts.title} has ${many} in none of our labels`,
        fix: error.fix,
      },
    ],
  );
  await tellQuietly(open, { what: 'stray.reported', secretArn, code: error.code, message: error.message, fix: error.fix });
}
