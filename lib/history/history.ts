import { type Proof, withProof } from '../engine/configuration.ts';
import type { Clock, History } from '../engine/ports.ts';
import type { Alert, Happened, Ledger, Pause, TokenRecords } from '../engine/records.ts';
import { allOf, forms } from './forms.ts';
import { partitions } from './partitions.ts';
import type { Expected, Item, Shelf } from './shelf.ts';

// History, records and ledger are the same wherever they are kept: here stands what is written under which key, for how long, and what is
// compared first. The shelf is opened when it is first needed.

/** A year and a month for people to look back. What is looked at again and again is written anew long before. */
const keptDays = 400;
/** Longer than the longest overlap that a catalog may ask for, so that a receipt outlives what it is evidence for. */
const receiptDays = 1100;
/** So that somebody who has not renewed a token for two years is told when it was, and what was changed since. */
const proofDays = 1100;

export interface TokenHistory {
  readonly history: History;
  readonly records: TokenRecords;
}

/** What the function of one provider remembers of its tokens. It touches the partitions of this provider, and reads the pauses. */
export function createTokenHistory(open: () => Promise<Shelf>, clock: Pick<Clock, 'now'>, provider: string): TokenHistory {
  const keeping = keep(open, clock);
  return {
    history: {
      receipts: async (secretArn) =>
        allOf(forms.receipt, await (await open()).list(partitions.secret(provider, secretArn), 'receipt#')),
      async saveReceipt(secretArn, receipt) {
        const key = `receipt#${receipt.versionId}#${receipt.dependent}`;
        await keeping({ partition: partitions.secret(provider, secretArn), key, content: receipt }, { days: receiptDays });
      },
      async failures(secretArn) {
        const stored = await (await open()).read(partitions.secret(provider, secretArn), 'failures');
        return allOf(forms.failures, stored === undefined ? [] : [stored])[0]?.count ?? 0;
      },
      async saveFailures(secretArn, count) {
        await keeping({ partition: partitions.secret(provider, secretArn), key: 'failures', content: { count } });
      },
    },
    records: {
      happened: (token, most) => newest(open, partitions.token(provider, token), most),
      record: (happened) => record(open, keeping, provider, happened),
      async health(token) {
        const stored = await (await open()).read(partitions.healths(provider), token);
        return allOf(forms.health, stored === undefined ? [] : [stored])[0];
      },
      async saveHealth(health) {
        await keeping({ partition: partitions.healths(provider), key: health.token, content: health });
      },
      pauses: () => pauses(open),
    },
  };
}

/** What is remembered of the whole: of the tokens of these providers, and of what people were told and have said. */
export function createLedger(open: () => Promise<Shelf>, clock: Pick<Clock, 'now'>, providers: readonly string[]): Ledger {
  const keeping = keep(open, clock);
  const ofAll = async <Found>(find: (provider: string) => Promise<readonly Found[]>) =>
    (await Promise.all(providers.map(find))).flat();
  return {
    healths: () => ofAll(async (provider) => allOf(forms.health, await (await open()).list(partitions.healths(provider)))),
    // Of all providers, because a token may have been another's, and what happened to it then is its history too.
    happened: async (token, most) =>
      [...(await ofAll((provider) => newest(open, partitions.token(provider, token), most)))]
        .sort((one, other) => other.at - one.at)
        .slice(0, most),
    // Of two providers where a token changed hers: what was last proven is what counts.
    proofs: async () => {
      const found = await ofAll(async (provider) => allOf(forms.proof, await (await open()).list(partitions.proofs(provider))));
      const newest = new Map<string, Proof>();
      for (const proof of found.toSorted((one, other) => one.at - other.at)) newest.set(proof.token, proof);
      return [...newest.values()];
    },
    recordAction: (provider, happened) => record(open, keeping, provider, happened),
    alerts: async () => allOf(forms.alert, await (await open()).list(partitions.alerts)),
    async saveAlert(alert, seen) {
      const content: Alert = {
        ...alert,
        revision: seen === undefined ? alert.revision : Math.max(alert.revision, seen.revision + 1),
      };
      const { id: key, revision } = content;
      const expected = seen === undefined ? 'nothing' : { revision: seen.revision };
      return (await keeping({ partition: partitions.alerts, key, content, revision }, { expected })) ? 'saved' : 'lost';
    },
    async removeAlert({ id, revision }) {
      return (await (await open()).remove(partitions.alerts, id, { revision })) ? 'removed' : 'lost';
    },
    pauses: () => pauses(open),
    async savePause(pause) {
      // Without an end: a pause is over when a person ends it, and never by being forgotten.
      await (await open()).put({ partition: partitions.pauses, key: pause.of, content: pause });
    },
    async removePause(of) {
      await (await open()).remove(partitions.pauses, of);
    },
    takeDigest: (day) =>
      keeping({ partition: partitions.digests, key: day, content: { at: clock.now() } }, { expected: 'nothing' }),
  };
}

type Keep = (item: Item, how?: { readonly expected?: Expected; readonly days?: number }) => Promise<boolean>;

/** Puts something that is forgotten by itself one day. */
function keep(open: () => Promise<Shelf>, clock: Pick<Clock, 'now'>): Keep {
  return async (item, { expected, days = keptDays } = {}) =>
    (await open()).put({ ...item, expiresAt: clock.now() + days * 24 * 3_600_000 }, expected);
}

/** What proves that a token can be renewed is kept apart, too: lists of all tokens show it, and ask for no token's history. */
async function record(open: () => Promise<Shelf>, keeping: Keep, provider: string, happened: Happened): Promise<void> {
  const { token, id, at, configuration } = happened;
  await keeping({ partition: partitions.token(provider, token), key: id, content: happened, at }, { expected: 'nothing' });
  if (configuration === undefined) return;
  const partition = partitions.proofs(provider);
  const stored = await (await open()).read(partition, token);
  const [before] = allOf(forms.proof, stored === undefined ? [] : [stored]);
  await keeping({ partition, key: token, content: withProof(before, { token, at, configuration }) }, { days: proofDays });
}

async function newest(open: () => Promise<Shelf>, partition: string, most: number): Promise<readonly Happened[]> {
  return allOf(forms.happened, await (await open()).newest(partition, most));
}

async function pauses(open: () => Promise<Shelf>): Promise<readonly Pause[]> {
  return allOf(forms.pause, await (await open()).list(partitions.pauses));
}
