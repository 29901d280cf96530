import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const scope = z.strictObject({});
type Scope = z.infer<typeof scope>;

const authority = z.strictObject({ key: secretText });
type Authority = z.infer<typeof authority>;

export const madeUp: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  async mint(_context, _request) {
    throw unwritten('mint');
  },

  async verify(_context, _credential) {
    throw unwritten('verify');
  },

  // From here on, what the provider has no way to do goes, and its fact says why.

  async inspect(_context, _token) {
    throw unwritten('inspect');
  },

  async revoke(_context, _token) {
    throw unwritten('revoke');
  },

  async find(_context) {
    throw unwritten('find');
  },
};

function unwritten(method: string): RotationError {
  return new RotationError('internal', `${facts.name}: ${method} is not written yet`, {
    fix: 'Write it, as docs/adding-a-rotator.md tells.',
    definite: true,
  });
}
