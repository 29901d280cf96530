import { describe, expect, it } from 'vitest';
import type { Switches } from '../../lib/local/secrets-manager/switches.ts';
import { everyPlugin, representatives } from './cast.ts';
import { parseReplay, replay } from './explore.ts';
import { createSim } from './sim.ts';

// Goal: what random walks once found stays mended. Each is the shortest life that broke a promise, under the name of what was wrong.

/** Retries of AWS come to an end, as in the walks. */
const walked = { retryCount: 5 } as const;

const holes: readonly { readonly name: string; readonly life: string; readonly switches?: Partial<Switches> }[] = [
  {
    name: 'a token that a person had pasted in was revoked as a stray of an exclusive account',
    life: 'unmarked, digest: edit roll-back press continue',
  },
  { name: 'the same without a rotation in between', life: 'rotator npm-registry: edit roll-back' },
  {
    name: 'a submission that waited was never taken up',
    life: 'assisted: press advance advance advance advance press',
  },
  {
    name: 'a submission that was used before, and is dead, blocked the secret',
    life: 'assisted: edit',
    switches: { ...walked, retryWithPending: 'none' },
  },
  {
    name: 'what was rejected while a submission was looked at blocked the secret',
    life: 'assisted: press advance,10=limited cancel turn-on',
    switches: { ...walked, retryWithPending: 'none', pendingAfterFinish: 'left' },
  },
  {
    name: 'after a failure for good nobody began another rotation',
    life: 'unmarked, digest: press advance advance advance advance advance press advance advance,12=refused',
    switches: { duplicateDeliveries: 'after' },
  },
  {
    name: 'an authority that was renewed brought no rotation',
    life: 'own value: edit end-authority press continue renew-authority turn-on',
    switches: { retryWithoutPending: 'same-token' },
  },
  {
    name: 'AWSPENDING put back on a dead value blocked the secret',
    life: 'assisted: press advance advance,5=refused',
    switches: { ...walked, retryWithoutPending: 'label-put-back', duplicateDeliveries: 'after', pendingAfterFinish: 'left' },
  },
  {
    name: 'with a clock that goes back, an old receipt was taken for the newest',
    life: 'dependent github-actions: press advance 26h advance clock-back advance advance advance press advance advance',
    switches: { ...walked, retryWithPending: 'none' },
  },
  {
    name: 'with a clock that goes back, a token that had been current was taken for one that never was',
    life: 'marked, write-only place: press continue clock-back edit press continue',
    switches: { ...walked, retryWithPending: 'none', duplicateDeliveries: 'after' },
  },
  {
    name: "the end of AWS's test run was taken for a rotation that was given up",
    life: 'marked, write-only place: press advance advance cancel test-run',
  },
  {
    name: 'two roll-backs between two sweeps hid that a token had been current',
    life: 'dependent webhook: press continue roll-back 3h edit roll-back retire',
  },
  {
    name: 'a first submission that somebody went back to was not in the layout of the token',
    life: 'assisted: roll-back press advance cancel',
  },
  {
    name: 'a token that was put in again under another version had its overlap measured from before',
    life: 'assisted: roll-back retire 26h press advance advance advance advance retire',
  },
  {
    name: 'a token that a person had made and pasted in was taken for the answer to a request that never arrived',
    life: 'rotator npm-registry: press advance,9=crash-after edit end-authority press advance renew-authority turn-on',
    switches: { ...walked, retryWithPending: 'none', duplicateDeliveries: 'after', pendingAfterFinish: 'left' },
  },
  {
    name: 'the receipt of the very write that a place named was passed over for one with a later time',
    life: 'marked, place with times only: press advance 3h advance,4=stale,6=down clock-back continue press continue advance advance,2=forgotten,10=crash-before renew-authority turn-on',
    switches: { ...walked, retryWithPending: 'none', retryWithoutPending: 'label-put-back', pendingAfterFinish: 'left' },
  },
  {
    name: "a write that a place never named was taken for a stranger's, because a clock had gone back",
    life: 'dependent github-actions: press advance advance advance advance advance clock-back watch advance continue advance,1=stale,7=forgotten renew-authority turn-on',
    switches: { ...walked, duplicateDeliveries: 'after' },
  },
  {
    name: 'a write that a place had not named bore the name of another, and what was there was revoked',
    life: 'dependent github-actions: press advance edit retire press 26h advance roll-back advance advance retire advance renew-authority turn-on release',
    switches: { ...walked, pendingAfterFinish: 'left' },
  },
  {
    name: 'the same after a write that was refused',
    life: 'marked, place with times only: press advance advance,6=refused 1h advance 26h advance advance retire advance renew-authority turn-on release',
    switches: {
      ...walked,
      retryWithPending: 'none',
      retryWithoutPending: 'new-token',
      duplicateDeliveries: 'after',
      pendingAfterFinish: 'left',
    },
  },
  {
    name: 'AWSPENDING put back on a token that was being revoked gave it to a place',
    life: 'rotator snyk: press advance,9=refused,24=crash-after 3h advance 26h continue,15=limited,32=crash-before retire advance advance advance',
    switches: {
      ...walked,
      retryWithoutPending: 'new-token',
      duplicateDeliveries: 'after',
      pendingAfterFinish: 'left',
    },
  },
  {
    name: 'what was ended by us, and stood where the one before stands, was taken for pasted in, so that a lost token was never found',
    life: 'rotator npm-registry: press continue retire 26h retire press advance,12=crash-before',
    switches: walked,
  },
  {
    name: 'the same token under another version had the stamp of an overlap before',
    life: 'rotator okta-api-token: press advance advance roll-back advance advance retire roll-back 26h',
    switches: { ...walked, retryWithoutPending: 'none', pendingAfterFinish: 'removed' },
  },
  {
    name: 'a rotation waited for ever for room that nothing gives back while the current token is dead',
    life: 'rotator mongodb-atlas-service-account: press continue retire 26h retire,15=down roll-back edit roll-back renew-authority turn-on release',
    switches: { ...walked, retryWithoutPending: 'label-put-back' },
  },
  {
    name: 'a token that was never stored stayed alive, because a list that did not know it yet was taken for its end',
    life: 'rotator okta: press advance,11=refused,12=stale advance advance 3h strays continue advance retire 26h begin strays continue watch retire 1h retire',
  },
  {
    name: 'a submission that its provider did not know yet was refused for good, and stayed alive',
    life: 'rotator anthropic: test-run cancel press renew-authority turn-on release',
    switches: { ...walked, retryWithoutPending: 'new-token', duplicateDeliveries: 'after' },
  },
  {
    name: 'a place that was still busy with the write that failed was not put back',
    life: 'dependent eventbridge-connection: press advance 26h advance,8=crash-before continue renew-authority turn-on release',
    switches: walked,
  },
  {
    name: 'a secret that a person had stored was not known by its shown end, so that none before it was ended and the account stayed full',
    life: 'rotator mongodb-atlas-service-account: press continue 26h 26h 3h 3h 26h roll-back edit 26h roll-back test-run renew-authority turn-on release',
    switches: { ...walked, retryWithPending: 'none', retryWithoutPending: 'label-put-back', duplicateDeliveries: 'after' },
  },
  {
    name: 'a current token met its own end beside one that a person had pasted in, and what nobody could mend was called a broken promise',
    life: 'rotator mongodb-atlas-service-account: press advance 3h 26h 26h edit 26h 3h 3h 26h roll-back 26h renew-authority turn-on release',
    switches: { ...walked, retryWithPending: 'same-token', retryWithoutPending: 'same-token', duplicateDeliveries: 'after' },
  },
  {
    name: 'a look by POST, after AWSPENDING had left, was called a write',
    life: 'rotator mongodb-atlas-service-account: press advance continue advance roll-back advance,3=refused roll-back renew-authority turn-on release',
    switches: {
      ...walked,
      retryWithPending: 'same-token',
      retryWithoutPending: 'label-put-back',
      duplicateDeliveries: 'after',
      pendingAfterFinish: 'left',
    },
  },
  {
    name: 'two refusals in a row of a token that only its owner can end were taken for its end',
    life: 'rotator generic: press advance advance advance advance advance advance 3h strays continue advance retire 26h begin strays continue watch retire,10=refused,12=refused 1h retire',
  },
  {
    name: 'the same, while the provider vouches for no token at all',
    life: 'rotator generic: press advance advance advance advance advance advance 3h strays continue advance retire 26h begin strays continue watch retire,10=refused,11=refused 1h retire',
  },
];

describe('what random walks found is found no more', async () => {
  const players = [...representatives(), ...(await everyPlugin())];
  it.each(holes)('$name', async ({ life, switches = {} }) => {
    const { player, steps } = parseReplay(life);
    const cast = players.find(({ name }) => name === player);
    if (cast === undefined) return expect.fail(`there is no ${player}`);

    expect(await replay(createSim(cast, { switches }), steps)).toEqual([]);
  });
});
