import { expect, it } from 'vitest';
import { addressCauses, addresseesOf } from '../../lib/alerts/addresses.ts';
import { createSweeps, directory, minute, start } from './setup.ts';

const addressees = addresseesOf(directory, start);

it('are those of all who have to do with a token and have not left', () => {
  expect(addressees.map(({ email }) => email)).toEqual(['ada@example.com', 'grace@example.com', 'platform@example.com']);
  expect(addresseesOf(directory, Date.UTC(2026, 9, 1)).map(({ id }) => id)).toContain('gone');
});

it('are a trouble as long as they have not confirmed, which the operators hear of, and that it is over', async () => {
  const { sweep, pass } = createSweeps();
  const confirmed = new Set(['ada@example.com', 'platform@example.com']);
  const causes = () => addressCauses(addressees, (email) => confirmed.has(email));

  expect(causes()).toMatchObject([
    {
      id: 'address-unconfirmed/person/grace',
      message: 'The e-mail address of Grace Hopper (grace) has never been confirmed, so no message reaches it',
    },
  ]);
  expect(await sweep(causes())).toEqual(['opened address-unconfirmed/person/grace -> operators']);
  confirmed.add('grace@example.com');
  pass(15 * minute);
  expect(await sweep(causes())).toEqual([]);
  pass(15 * minute);
  expect(await sweep(causes())).toEqual(['recovered address-unconfirmed/person/grace -> operators']);
});
