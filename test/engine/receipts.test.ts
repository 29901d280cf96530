import { describe, expect, it } from 'vitest';
import { receiptsOf } from '../../lib/engine/copies.ts';
import type { OpenToken } from '../../lib/engine/open-token.ts';
import type { Receipt } from '../../lib/engine/ports.ts';

// Found by the simulation: two runs wrote two versions into a place that cannot be read, and the receipt of the one that was answered last
// said of the place what was true no more. The token that was really there was revoked later.

const minute = 60_000;
const written: Receipt = {
  dependent: 'hook',
  digest: 'd1',
  versionId: 'v1',
  isWritten: true,
  intendedAt: 100 * minute,
  appliedAt: 101 * minute,
};

describe('what the receipts of a place prove', () => {
  it('is the newest write, where the one before was answered before it began', async () => {
    const earlier = { ...written, digest: 'd0', versionId: 'v0', intendedAt: 90 * minute, appliedAt: 99 * minute };

    expect(await proven([earlier, written])).toEqual(['d1', true]);
    expect(await proven([written, earlier])).toEqual(['d1', true]);
  });

  it('is nothing, where a write of another version was answered after it began', async () => {
    const beside = { ...written, digest: 'd0', versionId: 'v0', intendedAt: 99 * minute, appliedAt: 100.5 * minute };

    expect(await proven([written, beside])).toEqual(['d1', false]);
  });

  it('is nothing, while a run that intended another version may still be alive, and then it is the newest write again', async () => {
    const intended = { ...written, digest: 'd0', versionId: 'v0', isWritten: false, appliedAt: 99 * minute };

    expect(await proven([written, { ...intended, intendedAt: 99 * minute }])).toEqual(['d1', false]);
    expect(await proven([written, { ...intended, intendedAt: 84 * minute }])).toEqual(['d1', true]);
  });

  it('does not mind other places, and the same value in another version', async () => {
    const elsewhere = { ...written, dependent: 'other', digest: 'd0', versionId: 'v0' };
    const copy = { ...written, versionId: 'v0', intendedAt: 99 * minute };

    expect(await proven([written, elsewhere, copy])).toEqual(['d1', true]);
  });
});

it('is the one of the write that a place names, whatever a clock that went back says of their order', async () => {
  const before = { ...written, digest: 'd0', versionId: 'v0', version: 'w0', intendedAt: 160 * minute, appliedAt: 161 * minute };
  const named = { ...written, version: 'w1' };

  expect(await proven([before, named], 'w1')).toEqual(['d1', true]);
  expect(await proven([before, named], 'w0')).toEqual(['d0', true]);
  expect(await proven([before, named], 'w2')).toEqual(['d0', true]);
  // Two that are named alike tell nothing, nor does one while another may have been.
  expect(await proven([before, named, { ...named, digest: 'd2' }], 'w1')).toEqual(['d0', true]);
  expect(
    await proven([before, named, { ...named, digest: 'd2', isWritten: false, version: undefined as unknown as string }], 'w1'),
  ).toEqual(['d0', false]);
});

async function proven(receipts: readonly Receipt[], version?: string): Promise<readonly unknown[]> {
  const open = { ports: { history: { receipts: async () => receipts } } } as unknown as OpenToken;
  const receipt = (await receiptsOf(open, 'arn')).of(
    'hook',
    version === undefined ? undefined : { readClass: 'metadata', exists: true, version },
  );
  return [receipt?.digest, receipt?.isWritten];
}
