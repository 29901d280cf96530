import type { Found, Instant } from './contract.ts';
import type { OpenToken } from './open-token.ts';
import type { Receipt } from './ports.ts';

// Where a provider keeps no mark, a token whose answer was lost looks like one that a person made. What tells them apart is that we asked for
// one at that time and never heard: so each request is written down first, and settled once it is known what became of it.

/** Dependents have names without a slash, so that no receipt of a place is taken for one of these. */
const prefix = 'mint/';

/** Whether lost tokens of this principal are to be found by the time at which they were asked for. */
export function needsMintReceipts({ rotator, token }: OpenToken): boolean {
  const { mark, kind } = rotator.facts;
  return !mark.can && kind !== 'assisted' && token.exclusive && rotator.find !== undefined;
}

/** The digest of a request beside which somebody made a token: what comes of it is counted, and never taken for ours. */
const doubtful = 'doubtful';

/**
 * Written before the request is sent. Throws where it cannot be written: then nothing is asked for. While a value that a person pasted in is read,
 * or was until the last promotion, a token that nobody holds may be that one as well: this request, and those before it, are doubtful from
 * then on.
 */
export async function intendMint(
  open: OpenToken,
  job: { secretArn: string; clientRequestToken: string },
  isDoubtful: boolean,
): Promise<Receipt> {
  const { history, clock, random } = open.ports;
  if (isDoubtful)
    for (const receipt of await unanswered(open, job.secretArn))
      if (receipt.digest !== doubtful) await history.saveReceipt(job.secretArn, { ...receipt, digest: doubtful });
  const intended: Receipt = {
    dependent: `${prefix}${Buffer.from(random(6)).toString('hex')}`,
    digest: isDoubtful ? doubtful : '',
    versionId: job.clientRequestToken,
    intendedAt: clock.now(),
    appliedAt: clock.now(),
  };
  await history.saveReceipt(job.secretArn, intended);
  return intended;
}

/** The token is stored, or was ended, or was never made. Where this is lost a request stays open that nothing answers to, and does no harm. */
export async function settleMint({ ports }: OpenToken, secretArn: string, intended: Receipt | undefined): Promise<void> {
  if (intended === undefined) return;
  await ports.history.saveReceipt(secretArn, { ...intended, isWritten: true, appliedAt: ports.clock.now() }).catch(() => {});
}

/** When requests were sent of which nobody knows what became of them: all of them, and those whose answer can be told from what people made. */
export async function openMints(
  open: OpenToken,
  secretArn: string,
): Promise<{ readonly all: readonly Instant[]; readonly certain: readonly Instant[] }> {
  if (!needsMintReceipts(open)) return { all: [], certain: [] };
  const receipts = await unanswered(open, secretArn);
  const certain = receipts.filter(({ digest }) => digest !== doubtful);
  return { all: receipts.map(({ intendedAt }) => intendedAt), certain: certain.map(({ intendedAt }) => intendedAt) };
}

async function unanswered({ ports }: OpenToken, secretArn: string): Promise<readonly Receipt[]> {
  const receipts = await ports.history.receipts(secretArn);
  return receipts.filter(({ dependent, isWritten }) => dependent.startsWith(prefix) && !isWritten);
}

/** A function may live this long, and a clock be wrong by an hour. */
const reachMinutes = 75;

/**
 * Those tokens that can only be answers that we never got: born when we asked, and no more of them than we asked for. Where a person made
 * one in the very same hour nobody can tell which is whose, and none is ours.
 */
export function answersLost(live: readonly Found[], askedAt: readonly Instant[]): readonly Found[] {
  const near = live.filter(
    ({ createdAt }) => createdAt !== undefined && askedAt.some((at) => Math.abs(createdAt - at) <= reachMinutes * 60_000),
  );
  return near.length <= askedAt.length ? near : [];
}
