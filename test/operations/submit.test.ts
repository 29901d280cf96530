// Goal: what the provider's function says of a submission is what comes of it.
import { expect, it } from 'vitest';
import type { CatalogEntry } from '../../lib/catalog/catalog.ts';
import type { NewVersion } from '../../lib/engine/ports.ts';
import type { SubmissionVerdict } from '../../lib/engine/submission.ts';
import type { Installation } from '../../lib/operations/installation.ts';
import { submit } from '../../lib/operations/submit.ts';
import { facts } from '../../rotators/anthropic/facts.ts';
import { sixtyTokens } from '../console/sixty-tokens.ts';

it.each<[SubmissionVerdict, string, number]>([
  [{ works: true, expiresAt: 1_800_000_000_000 }, 'begun', 1],
  [{ works: 'not yet known' }, 'begun', 1],
  [{ works: false, code: 'submission-refused', message: 'anthropic: refuses it', fix: 'Copy it again.' }, 'refused', 0],
])('%j comes to: %s', async (verdict, outcome, rotations) => {
  const { entries } = await sixtyTokens();
  const [entry] = entries;
  if (entry === undefined) throw new Error('there is no token');
  const stored: NewVersion[] = [];
  let begun = 0;
  const installation = {
    clock: { now: () => 0, sleep: async () => {} },
    ledger: { pauses: async () => [] },
    describe: async () => ({
      arn: 'arn',
      versions: new Map([['one', ['AWSCURRENT']]]),
      rotationEnabled: true,
      rotationFunctionArn: 'f',
    }),
    ask: async () => verdict,
    store: {
      put: async (_: string, version: NewVersion) => void stored.push(version),
      startRotation: async () => {
        begun += 1;
        return 'started';
      },
    },
  } as unknown as Installation;
  const assisted: CatalogEntry = { ...entry, token: { ...entry.token, mode: 'retire', value: { format: 'text' } } };

  const submitted = await submit(installation, assisted, facts, { value: 'canary-submitted' });

  expect(submitted).toMatchObject({ outcome });
  expect('expiresAt' in submitted).toBe(verdict.works === true);
  expect(begun).toBe(rotations);
  expect(stored.map(({ labels }) => labels)).toEqual([['keyturn-submitted']]);
  expect(JSON.stringify(submitted)).not.toContain('canary');
});
