import * as z from 'zod';
import type { Rotator } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { madeByAPerson, type NoAuthority, noAuthority } from '../../lib/plugin/handmade.ts';
import { facts } from './facts.ts';

const statuses = z.array(z.int().min(200).max(499)).min(1);

const scope = z
  .strictObject({
    url: z
      .url({ protocol: /^https$/ })
      .describe('A request (GET) that changes nothing and that only a token which works is answered, without a query.')
      .meta({ principal: true }),
    header: z
      .string()
      .regex(/^[A-Za-z0-9-]{1,64}$/, 'must be the name of an HTTP header')
      .default('authorization')
      .describe('The header that carries the token.'),
    prefix: z
      .string()
      .regex(/^([\x21-\x7e][\x20-\x7e]{0,63})?$/, 'must be plain letters, digits and signs')
      .default('Bearer ')
      .describe('What stands before the token in the header.'),
    expectStatus: statuses.default([200]).describe('The statuses that say it works.'),
    rejectStatus: statuses.default([401]).describe('The statuses that say it is not known, and nothing else.'),
    field: z
      .string()
      .regex(/^[\w-]+(\.[\w-]+)*$/, 'must be names with dots between them')
      .describe(
        'A field that the answer (JSON) has where the token works, such as `login` or `data.id`: login pages answer 200 too.',
      ),
    equals: z
      .string()
      .min(1)
      .optional()
      .describe('What must stand in that field: whose the token is.')
      .meta({ principal: true, identifier: true }),
  })
  .refine(({ expectStatus, rejectStatus }) => !expectStatus.some((status) => rejectStatus.includes(status)), {
    path: ['rejectStatus'],
    message: 'must not name a status that `expectStatus` names',
  });
type Scope = z.infer<typeof scope>;

export const generic: Rotator<Scope, NoAuthority> = {
  facts,
  scope,
  authority: noAuthority,

  mint: madeByAPerson(facts),

  async verify({ http, scope: { url, header, prefix, expectStatus, rejectStatus, field, equals } }, { value }) {
    const headers = { [header]: new Secret(`${prefix}${value.reveal()}`) };
    const answer = await http('GET', url, { headers, accept: [...expectStatus, ...rejectStatus] });
    if (rejectStatus.includes(answer.status))
      return { ok: false, why: 'rejected', detail: `the request of the catalog answered ${answer.status}` };
    if (!expectStatus.includes(answer.status)) throw unexpected(answer.status);
    const names = field.split('.');
    const told = valueAt(names, answer.json(shapeOf(names)));
    if (equals === undefined || told === equals) return { ok: true };
    return { ok: false, why: 'rejected', detail: `the request of the catalog answered with another \`${field}\`` };
  },
};

/** An object in which this field holds something. */
function shapeOf(names: readonly string[]): z.ZodType {
  const something = z.union([z.string().min(1), z.number(), z.boolean()]);
  return names.reduceRight<z.ZodType>((inner, name) => z.object({ [name]: inner }), something);
}

function valueAt(names: readonly string[], object: unknown): string {
  return String(names.reduce((inner, name) => (inner as Readonly<Record<string, unknown>>)[name], object));
}

function unexpected(status: number): RotationError {
  return new RotationError('malformed', `${facts.name}: the request of the catalog answered ${status}`, {
    fix: 'Name this status in `expectStatus` or `rejectStatus`, once you know from the documentation of the provider what it says.',
    definite: true,
  });
}
