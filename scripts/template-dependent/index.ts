import * as z from 'zod';
import type { Dependent } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

const target = z.strictObject({});
type Target = z.infer<typeof target>;

const authority = z.strictObject({ key: secretText });
type Authority = z.infer<typeof authority>;

export const madeUp: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  async read(_context) {
    throw unwritten('read');
  },

  async apply(_context, _copy, _seen) {
    throw unwritten('apply');
  },

  // Only where facts.activation is `call`.
  async activate(_context, _copy, _applied) {
    throw unwritten('activate');
  },

  async inEffect(_context, _copy, _evidence) {
    throw unwritten('inEffect');
  },
};

function unwritten(method: string): RotationError {
  return new RotationError('internal', `${facts.name}: ${method} is not written yet`, {
    fix: 'Write it, as docs/adding-a-dependent.md tells.',
    definite: true,
  });
}
