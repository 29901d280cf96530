import * as z from 'zod';
import { type Purpose, requestFields } from './request.ts';
import { type CrossFault, groupAt, isNamed, serviceFaults, serviceFields, together, type Written } from './service.ts';
import { place, pointer } from './told.ts';

// What a place without code is: how it is looked at and written, and what brings a copy into effect.

const common = { 'variables.*': 'plain', 'authority.*': 'secret' } as const;
const gone = [{ status: [404, 410], means: 'absent' }] as const;

export const reading: Purpose<'ok' | 'absent'> = {
  vocabulary: common,
  methods: ['GET', 'POST'],
  meanings: ['ok', 'absent'],
  otherwise: 'ok',
  defaults: gone,
};
export const applying: Purpose<'ok' | 'conflict'> = {
  vocabulary: { ...common, value: 'secret', lock: 'plain', versionId: 'plain', token: 'plain' },
  methods: ['PUT', 'POST', 'PATCH'],
  meanings: ['ok', 'conflict'],
  otherwise: 'ok',
  defaults: [],
};
/** What a service says to a write over something else than what was read. */
export const locking: typeof applying = { ...applying, defaults: [{ status: [409, 412], means: 'conflict' }] };
export const lookingForStart: Purpose<'found' | 'busy' | 'absent'> = {
  vocabulary: { ...common, version: 'plain' },
  methods: ['GET', 'POST'],
  meanings: ['found', 'busy', 'absent'],
  otherwise: 'found',
  defaults: gone,
};
export const starting: Purpose<'ok' | 'busy'> = {
  vocabulary: { ...common, version: 'plain', versionId: 'plain' },
  methods: ['POST', 'PUT', 'PATCH'],
  meanings: ['ok', 'busy'],
  otherwise: 'ok',
  defaults: [],
};
export const watching: Purpose<'not-yet' | 'in-effect' | 'failed'> = {
  vocabulary: { ...common, version: 'plain', activation: 'plain' },
  methods: ['GET', 'POST'],
  meanings: ['not-yet', 'in-effect', 'failed'],
  otherwise: 'not-yet',
  defaults: [],
};

/** What the catalog says of a place without code. */
export const target = z
  .strictObject({
    ...serviceFields,
    maximumBytes: z.int().min(1).max(1_000_000).optional().describe('The most bytes that the place takes.'),
    takesEffect: z
      .enum(['at-once', 'by-itself', 'at-next-run'])
      .default('at-once')
      .describe(
        'What brings a written copy into effect, where nothing has to be started: nothing more, the place itself after a while, or whatever runs next.',
      ),
    drainSeconds: z
      .number()
      .min(0)
      .max(604_800)
      .default(0)
      .describe('How long something may still run with the old value after the new one is in effect.'),
    read: z
      .strictObject({
        ...requestFields(reading),
        out: z
          .strictObject({
            value: pointer.min(1).optional().describe('The value itself.'),
            digest: pointer.min(1).optional().describe('The SHA-256 of the value, in hexadecimal digits.'),
            tail: pointer.min(1).optional().describe('Its last characters; stars or dots in front of them are passed over.'),
            version: place.optional().describe('What changes with every write: a time, a number, an entity tag.'),
            lock: place.optional().describe('What a write must name to write over exactly this, as `{{lock}}`.'),
          })
          .default({}),
      })
      .optional()
      .describe('Looks at what is there, and changes nothing. Without it a copy is only known by what was written.'),
    apply: z
      .strictObject({
        ...requestFields(applying),
        out: z
          .strictObject({ version: place.optional().describe('The same as `read.out.version`, after this write.') })
          .default({}),
      })
      .describe('Writes the copy, and touches nothing else.'),
    activate: z
      .strictObject({
        started: z
          .strictObject({
            ...requestFields(lookingForStart),
            out: z.strictObject({
              activation: pointer.min(1).describe('What names the start.'),
              version: place.describe('The version of the copy that it began with.'),
            }),
          })
          .describe('Looks for the latest start, so that an attempt that died is gone on with.'),
        start: z
          .strictObject({
            ...requestFields(starting),
            out: z.strictObject({ activation: pointer.min(1).describe('What names the start.') }),
          })
          .describe('Starts the deployment or restart that brings the copy into effect.'),
      })
      .optional()
      .describe('Where something has to be started before those who use the place get the copy.'),
    inEffect: z
      .strictObject(requestFields(watching))
      .optional()
      .describe('Asks whether the copy is in effect, where reading it does not tell.'),
  })
  .check(together(targetFaults));
export type Target = z.infer<typeof target>;

function* targetFaults(written: Written): Iterable<CrossFault> {
  yield* serviceFaults(written, {
    read: 'GET',
    apply: 'PUT',
    'activate.started': 'GET',
    'activate.start': 'POST',
    inEffect: 'GET',
  });
  const { apply, activate, inEffect } = written;
  const applied = groupAt(apply, 'out');
  if (apply !== undefined && !isNamed(apply, 'value'))
    yield { path: ['apply'], message: 'names `{{value}}` nowhere, and would write nothing' };
  if (isNamed(apply, 'lock') && groupAt(written, 'read', 'out')['lock'] === undefined)
    yield { path: ['apply'], message: 'names `{{lock}}`, and `read.out.lock` does not say where it is' };
  if (activate !== undefined && applied['version'] === undefined)
    yield { path: ['activate'], message: 'needs `apply.out.version`, by which an earlier start is known again' };
  if (activate !== undefined && inEffect === undefined)
    yield { path: ['activate'], message: 'needs `inEffect`, which asks what became of it' };
  if (activate === undefined && isNamed(inEffect, 'activation'))
    yield { path: ['inEffect'], message: 'names `{{activation}}`, and nothing is started without `activate`' };
  const says = (rule: unknown) => groupAt(rule)['means'] === 'in-effect';
  const { answers } = groupAt(inEffect);
  if (inEffect !== undefined && !(Array.isArray(answers) && answers.some(says)))
    yield { path: ['inEffect'], message: 'has nothing under `answers` that means `in-effect`' };
}
