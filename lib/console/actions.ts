import type { CatalogEntry } from '../catalog/catalog.ts';
import { acknowledge } from '../operations/acknowledge.ts';
import { beginDrill } from '../operations/drill.ts';
import { hold, release } from '../operations/hold.ts';
import type { Installation } from '../operations/installation.ts';
import { Refusal } from '../operations/refusal.ts';
import { assertWorks, planRollback, rollBack } from '../operations/rollback.ts';
import { beginRotation } from '../operations/rotate.ts';
import type { TokenStatus } from '../operations/token-status.ts';

/** Something that a person does with a token: asked for on one page, confirmed on the next. It does what the command of its name does. */
export interface Action {
  readonly name: string;
  /** On the button. */
  readonly label: string;
  /** What follows from it, before it is confirmed. */
  readonly explains: (entry: CatalogEntry) => string;
  /** What is written down before it is done, after the name of who asks. */
  readonly recorded: string;
  /** What is said when it is done. */
  readonly done: string;
  /** A reason is asked for, and must be given. */
  readonly needsReason?: boolean;
  readonly isOffered: (status: TokenStatus, token: Offered) => boolean;
  /** It undoes what somebody wanted, so that an operator does not do it for them: whose token it is does, or an admin. @default it never does */
  readonly endsAWish?: (status: TokenStatus) => boolean;
  /** Throws, with what to do, where it is refused. */
  readonly act: (installation: Installation, entry: CatalogEntry, by: Actor) => Promise<void>;
}

/** What has to be known of a token besides its state. */
export interface Offered {
  /** Something is open about it that nobody looks after. */
  readonly isAlerted: boolean;
  /** Only a person makes a new one. */
  readonly isAssisted: boolean;
  /** A program can rehearse a renewal. */
  readonly rehearses: boolean;
}

export interface Actor {
  readonly who: string;
  readonly why: string;
}

/** A page confirms before it acts, so nothing is left to be asked. */
const confirmed = async () => {};

export const actions: readonly Action[] = [
  {
    name: 'rotate',
    label: 'Renew now',
    explains: ({ token }) =>
      `A new token is made, checked, and given to every place. The old one goes on working for ${token.overlapHours} hours, so nobody is cut off.`,
    recorded: 'asked for a renewal',
    done: 'The renewal has begun. This page shows how far it is.',
    isOffered: ({ state }, { isAssisted }) =>
      !isAssisted && !['missing', 'unreadable', 'rotating', 'observed', 'paused', 'parked'].includes(state),
    async act(installation, entry) {
      const { outcome, message, next } = await beginRotation(installation, entry, confirmed);
      if (outcome === 'refused') throw new Refusal(`${message}. ${next}`);
    },
  },
  {
    name: 'rollback',
    label: 'Go back to the old one',
    explains: () =>
      'The token before this one is used again, if the provider still accepts it, and every place gets it back. The one that is in use now stays alive as the old one.',
    recorded: 'went back to the previous token',
    done: 'The previous token is in use again.',
    isOffered: ({ debts, state }) => debts.length > 0 && state !== 'rotating' && state !== 'observed',
    async act(installation, entry) {
      const state = await installation.describe(entry);
      const move = planRollback(installation, entry, state);
      await assertWorks(installation, entry, state, move.to);
      await rollBack(installation, entry, state, move);
    },
  },
  {
    name: 'hold',
    label: 'Keep the old ones',
    explains: () =>
      'No old token of this one is ended until somebody releases it. Renewals go on. Your reason can be read by everybody.',
    recorded: 'put it on hold',
    done: 'It is on hold: nothing old of it is ended.',
    needsReason: true,
    isOffered: ({ hold: held, state }) => held === undefined && !['missing', 'unreadable', 'empty'].includes(state),
    act: async (installation, entry, { why }) => void (await hold(installation, entry, why)),
  },
  {
    name: 'release',
    label: 'Release',
    explains: () =>
      'It is off hold, and off the pause after a failure: old tokens are ended when it is proven that nobody needs them.',
    recorded: 'released it',
    done: 'It is released.',
    isOffered: ({ hold: held, parked }) => held !== undefined || parked !== undefined,
    // What was kept by a hold is ended after it, and nobody brings it back.
    endsAWish: ({ hold: held }) => held !== undefined,
    act: async (installation, entry) => void (await release(installation, entry)),
  },
  {
    name: 'acknowledge',
    label: 'I look after this',
    explains: () => 'Nobody else is called for what is open here. It stays open until it is mended.',
    recorded: 'acknowledged what is open',
    done: 'Nobody else is called for it.',
    isOffered: (_, { isAlerted }) => isAlerted,
    async act(installation, { token }, { who }) {
      const done = await acknowledge(installation, token.name, { by: who, at: installation.clock.now() });
      if (done.some(({ isSaved }) => !isSaved))
        throw new Refusal('It was just changed by somebody else. Look at it, and try again.');
    },
  },
  {
    name: 'drill',
    label: 'Rehearse a renewal',
    explains: () =>
      'A token is made that nobody gets, is checked, ended, and proven dead. What is in use is not touched. It may take some minutes.',
    recorded: 'asked for a rehearsal',
    done: 'A renewal is being rehearsed. This page shows what came of it, in some minutes at most.',
    isOffered: ({ state }, { rehearses }) =>
      rehearses && !['missing', 'unreadable', 'rotating', 'observed', 'paused', 'held'].includes(state),
    act: beginDrill,
  },
  {
    name: 'pause',
    label: 'Stop all work on it',
    explains: () =>
      'Nothing is renewed and nothing is ended until somebody goes on with it. It is still watched, and people are still told.',
    recorded: 'stopped all work on it',
    done: 'All work on it is stopped.',
    needsReason: true,
    isOffered: ({ pause }) => pause === undefined,
    act: ({ ledger, clock }, { token }, { who, why }) =>
      ledger.savePause({ of: `token:${token.name}`, by: who, why, since: clock.now() }),
  },
  {
    name: 'resume',
    label: 'Go on',
    explains: () => 'What is due is done again.',
    recorded: 'ended the stop',
    done: 'Work on it goes on.',
    isOffered: ({ token, pause }) => pause?.of === `token:${token}`,
    act: ({ ledger }, { token }) => ledger.removePause(`token:${token.name}`),
  },
];
