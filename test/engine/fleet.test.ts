import { expect, it } from 'vitest';
import { sweepFleet } from '../../scripts/bench/fleet.ts';

it('looks at a healthy fleet by lists of a hundred, and at nobody by itself', { timeout: 60_000 }, async () => {
  const { calls, jobs, causes } = await sweepFleet(250);

  expect(calls).toEqual({ ListSecretsCommand: 3 });
  // Strays are looked for four times a day, so a twenty-fourth of the fleet in each sweep.
  expect(jobs).toBeLessThan(250 / 8);
  expect(causes).toBe(0);
});
