import * as z from 'zod';
import { paging } from './pages.ts';
import { type Purpose, requestFields } from './request.ts';
import { type CrossFault, groupAt, isNamed, serviceFaults, serviceFields, together, type Written } from './service.ts';
import { namesIn, textsIn } from './template.ts';
import { pointer } from './told.ts';

// What a provider without code is: five requests, and what is known of its tokens.

const common = { 'variables.*': 'plain' } as const;
const withAuthority = { ...common, 'authority.*': 'secret' } as const;
const asToken = { value: 'secret', 'parts.*': 'secret' } as const;
const gone = [{ status: [404, 410], means: 'absent' }] as const;

export const minting: Purpose<'ok'> = {
  vocabulary: {
    ...withAuthority,
    mark: 'plain',
    expiresAt: 'plain',
    'expiresAt.date': 'plain',
    'expiresAt.seconds': 'plain',
    'expiresAt.milliseconds': 'plain',
    lifetimeDays: 'plain',
    lifetimeSeconds: 'plain',
  },
  methods: ['POST', 'PUT', 'PATCH'], // a GET would be repeated where its answer is lost
  meanings: ['ok'],
  otherwise: 'ok',
  defaults: [],
};
export const verifying: Purpose<'alive' | 'dead'> = {
  vocabulary: { ...common, ...asToken },
  methods: ['GET', 'POST'],
  meanings: ['alive', 'dead'],
  defaults: [{ status: 401, means: 'dead' }],
};
export const inspecting: Purpose<'ok' | 'absent'> = {
  vocabulary: { ...withAuthority, ...asToken, ref: 'plain' },
  methods: ['GET', 'POST'],
  meanings: ['ok', 'absent'],
  otherwise: 'ok',
  defaults: gone,
};
export const revoking: Purpose<'ok' | 'absent'> = {
  vocabulary: { ...withAuthority, ref: 'plain' },
  methods: ['DELETE', 'POST', 'PUT', 'PATCH'],
  meanings: ['ok', 'absent'],
  otherwise: 'ok',
  defaults: gone,
};
export const finding: Purpose<'ok'> = {
  vocabulary: withAuthority,
  methods: ['GET', 'POST'],
  meanings: ['ok'],
  otherwise: 'ok',
  defaults: [],
};

const partName = z.string().regex(/^(?!value$)[A-Za-z][A-Za-z0-9_-]*$/, 'must be letters, digits and hyphens, and not `value`');
const told = {
  scopes: pointer.optional().describe('What the token may do: a list of texts, or one text with spaces between.'),
  expiresAt: pointer
    .optional()
    .describe('When it ends: ISO 8601, or seconds or milliseconds since 1970; null where it has no end.'),
};

/** What the catalog says of a provider without code. */
export const scope = z
  .strictObject({
    ...serviceFields,
    lifetimeDays: z
      .int()
      .min(1)
      .max(3650)
      .optional()
      .describe('How long a token is asked to live; `{{expiresAt}}` follows from it.'),
    markCharacters: z
      .int()
      .min(43)
      .max(1000)
      .default(64)
      .describe('How long the name may be that the service keeps with a token.'),
    slots: z.int().min(2).max(100_000).optional().describe('How many live tokens one principal may have.'),
    valueBytes: z.int().min(1).max(32_768).default(512).describe('The most bytes that a token of this service takes.'),
    settleSeconds: z.number().min(0).max(3600).default(30).describe('How long a fresh token may still be refused.'),
    deathSeconds: z.number().min(0).max(86_400).default(60).describe('How long a revoked token may still work.'),
    lastUsed: z
      .strictObject({ granularityMinutes: z.number().min(0).max(44_640), lagMinutes: z.number().min(0).max(44_640) })
      .optional()
      .describe('How exactly and how late the service tells a last use. Needed for `inspect.out.lastUsedAt`.'),
    mint: z
      .strictObject({
        ...requestFields(minting),
        out: z.strictObject({
          value: pointer.min(1).describe('Where the token itself is.'),
          ref: pointer.min(1).optional().describe('Where its id is. Without it the token is revoked by its own value.'),
          parts: z.record(partName, pointer.min(1)).optional().describe('What is issued with it and belongs into the secret.'),
        }),
      })
      .describe('Makes a token, with the authority.'),
    verify: z
      .strictObject({ ...requestFields(verifying), out: z.strictObject(told).optional() })
      .describe('Asks, as the token, whether it works. Must change nothing.'),
    inspect: z
      .strictObject({
        ...requestFields(inspecting),
        out: z.strictObject({
          ...told,
          ref: pointer.optional().describe('Its id, where it is asked for by its value.'),
          createdAt: pointer.optional().describe('When it was made.'),
          lastUsedAt: pointer.optional().describe('When it was last used; null where it never was.'),
          lastUsedBy: pointer.optional().describe('Who used it last.'),
        }),
      })
      .optional()
      .describe('Asks what the service knows of one token.'),
    revoke: z.strictObject(requestFields(revoking)).optional().describe('Ends a token.'),
    find: z
      .strictObject({
        ...requestFields(finding),
        paging: paging.optional(),
        out: z.strictObject({
          items: pointer.describe('The list in the body; an empty text where the body is the list.'),
          ref: pointer.min(1).describe('The id of each, as `mint.out.ref` tells it.'),
          name: pointer.min(1).optional().describe('The field that keeps `{{mark}}`.'),
          createdAt: pointer.min(1).optional().describe('When each was made.'),
        }),
        only: z
          .record(pointer, z.union([z.string(), z.number(), z.boolean(), z.null()]))
          .optional()
          .describe('What must stand in an item for it to be a live token, such as `{ /revoked: false }`.'),
      })
      .optional()
      .describe('Lists every live token of the principal.'),
  })
  .check(together(scopeFaults));
export type Scope = z.infer<typeof scope>;

function* scopeFaults(written: Written): Iterable<CrossFault> {
  yield* serviceFaults(written, { mint: 'POST', verify: 'GET', inspect: 'GET', revoke: 'DELETE', find: 'GET' });
  const { mint, find, lifetimeDays, lastUsed } = written;
  const out = groupAt(written, 'mint', 'out');
  const parts = Object.keys(groupAt(out, 'parts'));
  const isMarked = mint !== undefined && isNamed(mint, 'mark');

  if (isMarked && find !== undefined && groupAt(find, 'out')['name'] === undefined)
    yield { path: ['find', 'out', 'name'], message: 'is missing: `mint` writes `{{mark}}`, and the list has to show it again' };
  if (out['ref'] !== undefined && out['ref'] === out['value'])
    yield {
      path: ['mint', 'out', 'ref'],
      message: 'is where the token itself is: without `ref` it is named by itself, and kept secret',
    };
  if (out['ref'] === undefined && find !== undefined)
    yield { path: ['find'], message: 'lists ids, and without `mint.out.ref` none is known' };
  if (groupAt(written, 'inspect', 'out')['lastUsedAt'] !== undefined && lastUsed === undefined)
    yield {
      path: ['inspect', 'out', 'lastUsedAt'],
      message: 'needs `lastUsed` beside `inspect`, which says how exactly it is told',
    };
  yield* verdictFaults(written);

  for (const ability of ['mint', 'verify', 'inspect', 'revoke', 'find']) {
    for (const { text, path } of textsIn(groupAt(written, ability))) {
      const at = [ability, ...path];
      for (const name of namesIn(text)) {
        if (/^(?:expiresAt|lifetime)/.test(name) && lifetimeDays === undefined)
          yield { path: at, message: `names \`${name}\`, which follows from \`lifetimeDays\`` };
        const [, part] = /^parts\.([^.]+)/.exec(name) ?? [];
        if (part !== undefined && !parts.includes(part))
          yield { path: at, message: `names \`parts.${part}\`, which \`mint.out.parts\` does not have` };
        if (/^ref\b/.test(name) && out['ref'] === undefined && (path[0] === 'url' || path[0] === 'query'))
          yield {
            path: at,
            message: 'holds `ref`, which is the token itself where `mint.out.ref` is missing: put it into a header or the body',
          };
      }
    }
  }
}

/** A login page answers 200 as well, so that a status alone vouches for nothing. */
function* verdictFaults(written: Written): Iterable<CrossFault> {
  const { answers } = groupAt(written, 'verify');
  if (written['verify'] === undefined) return;
  const rules: readonly unknown[] = Array.isArray(answers) ? answers : [];
  const alive = rules.flatMap((rule, index) => (groupAt(rule)['means'] === 'alive' ? [{ index, rule: groupAt(rule) }] : []));
  if (alive.length === 0) yield { path: ['verify', 'answers'], message: 'has nothing that means `alive`' };
  for (const { index, rule } of alive) {
    const looks = rule['has'] !== undefined || Object.keys(groupAt(rule, 'where')).length > 0;
    if (!looks && rule['status'] !== 204)
      yield {
        path: ['verify', 'answers', index],
        message:
          'calls a token alive by the status alone, as a login page has it: say by `where` or `has` what must be in the body',
      };
  }
}
