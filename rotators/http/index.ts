import * as z from 'zod';
import { askAll, paging } from '../../lib/declared/pages.ts';
import { ask, type Purpose, requestFields } from '../../lib/declared/request.ts';
import {
  authorityFor,
  type CrossFault,
  groupAt,
  namesUsed,
  serviceFaults,
  serviceFields,
  together,
  type Written,
} from '../../lib/declared/service.ts';
import { namesIn, textsIn, under, type Values } from '../../lib/declared/template.ts';
import { pointer } from '../../lib/declared/told.ts';
import type { AuthorityContext, Credential, Inspection, Rotator } from '../../lib/engine/contract.ts';
import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { malformed, type Said } from '../../lib/http/call.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

// A provider without code: every call is a request that the catalog declares.

const common = { 'variables.*': 'plain' } as const;
const withAuthority = { ...common, 'authority.*': 'secret' } as const;
const asToken = { value: 'secret', 'parts.*': 'secret' } as const;
const gone = [{ status: [404, 410], means: 'absent' }] as const;

const minting: Purpose<'ok'> = {
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
const verifying: Purpose<'alive' | 'dead'> = {
  vocabulary: { ...common, ...asToken },
  methods: ['GET', 'POST'],
  meanings: ['alive', 'dead'],
  defaults: [{ status: 401, means: 'dead' }],
};
const inspecting: Purpose<'ok' | 'absent'> = {
  vocabulary: { ...withAuthority, ...asToken, ref: 'plain' },
  methods: ['GET', 'POST'],
  meanings: ['ok', 'absent'],
  otherwise: 'ok',
  defaults: gone,
};
const revoking: Purpose<'ok' | 'absent'> = {
  vocabulary: { ...withAuthority, ref: 'plain' },
  methods: ['DELETE', 'POST', 'PUT', 'PATCH'],
  meanings: ['ok', 'absent'],
  otherwise: 'ok',
  defaults: gone,
};
const finding: Purpose<'ok'> = {
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

const scope = z
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
type Scope = z.infer<typeof scope>;

const authority = z.record(z.string(), secretText);
type Authority = Readonly<Record<string, Secret>>;
type Context = AuthorityContext<Scope, Authority>;

export const http: Rotator<Scope, Authority> = {
  facts,
  scope,
  authority,

  forScope(scope) {
    const { inspect, revoke, find, forScope: _, ...always } = http;
    return {
      ...always,
      facts: factsFor(scope),
      authority: authorityFor([scope.mint, scope.inspect, scope.revoke, scope.find]),
      // Where the value is the ref, it is known without asking.
      ...(inspect !== undefined && (scope.inspect !== undefined || isRefSecret(scope)) ? { inspect } : {}),
      ...(revoke !== undefined && scope.revoke !== undefined ? { revoke } : {}),
      ...(find !== undefined && scope.find !== undefined ? { find } : {}),
    };
  },

  async mint({ http, scope, authority }, { mark, now }) {
    const { out } = scope.mint;
    const values = { ...known(scope, authority), ...(mark === undefined ? {} : { mark }), ...endOf(scope, now) };
    const { told, said } = await ask(scope.mint, minting, values, { http });
    const value = told.text(out.value);
    const parts = Object.entries(out.parts ?? {}).map(([part, at]) => [part, new Secret(told.text(at))]);
    const ref = out.ref === undefined ? value : idOf(told.text(out.ref), value, said);
    return { credential: { value: new Secret(value), parts: Object.fromEntries(parts) }, ref };
  },

  async verify({ http, scope }, credential) {
    const values = { ...known(scope), ...held(credential) };
    const { means, told, said, answer } = await ask(scope.verify, verifying, values, { http, asks: true });
    if (means === 'dead')
      return { ok: false, why: 'rejected', detail: `${said.what} answered ${answer.status}, as to a dead token` };
    const scopes = told.texts(scope.verify.out?.scopes);
    const expiresAt = told.time(scope.verify.out?.expiresAt);
    return { ok: true, ...(scopes === undefined ? {} : { scopes }), ...(expiresAt == null ? {} : { expiresAt }) };
  },

  async inspect({ http, scope, authority }, { ref, credential }) {
    const own = isRefSecret(scope) ? credential.value.reveal() : ref;
    const known = isRefSecret(scope) ? { ref: credential.value.reveal() } : {};
    if (scope.inspect === undefined || (own === undefined && isNamed(scope.inspect, 'ref'))) return known;
    const { out } = scope.inspect;
    const values = { ...valuesFor({ scope, authority }, own), ...held(credential) };
    const { means, told, said } = await ask(scope.inspect, inspecting, values, { http, asks: true });
    if (means === 'absent') return {};
    const found = told.maybeText(out.ref);
    const lastUsedAt = told.time(out.lastUsedAt);
    return {
      ...given({
        ref: found === undefined ? undefined : idOf(found, credential.value.reveal(), said),
        scopes: told.texts(out.scopes),
        expiresAt: told.time(out.expiresAt) ?? undefined,
        createdAt: told.time(out.createdAt) ?? undefined,
        lastUsedAt,
        lastUsedBy: told.maybeText(out.lastUsedBy),
      }),
      ...known,
    };
  },

  async revoke({ http, scope, authority }, { ref }) {
    if (scope.revoke === undefined) return;
    await ask(scope.revoke, revoking, valuesFor({ scope, authority }, ref), { http, idempotent: true });
  },

  async find({ http, scope, authority }) {
    if (scope.find === undefined) return [];
    const { out, only = {} } = scope.find;
    const list = { request: scope.find, purpose: finding, items: out.items, api: scope.api };
    const items = await askAll(list, known(scope, authority), http);
    return items.flatMap((item) => {
      const createdAt = item.time(out.createdAt) ?? undefined;
      const name = out.name === undefined || item.look(out.name) === '' ? undefined : item.maybeText(out.name);
      const found = { ref: item.text(out.ref), ...given({ name, createdAt }) };
      // An item that lacks the field is none of such a list: passed over, a full account would look empty.
      return Object.entries(only).every(([at, wanted]) => item.there(at) === wanted) ? [found] : [];
    });
  },
};

/** No id is told, so that the token can only be named by itself. */
function isRefSecret({ mint }: Scope): boolean {
  return mint.out.ref === undefined;
}

/** An id is written into labels and addresses, and a service that answers the token in its place is not helped to that. */
function idOf(ref: string, value: string, said: Said): string {
  if (ref !== value) return ref;
  throw malformed(said, 'an answer with the token where its id should be');
}

function known({ variables = {} }: Scope, authority: Authority = {}): Values {
  return { ...under('variables', variables), ...under('authority', authority) };
}

function valuesFor({ scope, authority }: Pick<Context, 'scope' | 'authority'>, ref: string | undefined): Values {
  const named = ref !== undefined && isRefSecret(scope) ? new Secret(ref) : ref;
  return { ...known(scope, authority), ...(named === undefined ? {} : { ref: named }) };
}

function held({ value, parts }: Credential): Values {
  return { value, ...under('parts', parts) };
}

function endOf({ lifetimeDays }: Scope, now: number): Values {
  if (lifetimeDays === undefined) return {};
  const seconds = Math.floor(now / 1000) + lifetimeDays * 86_400;
  const text = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  return {
    expiresAt: text,
    'expiresAt.date': text.slice(0, 10),
    'expiresAt.seconds': seconds,
    'expiresAt.milliseconds': seconds * 1000,
    lifetimeDays,
    lifetimeSeconds: lifetimeDays * 86_400,
  };
}

function isNamed(request: unknown, name: string): boolean {
  return namesUsed(request).some((each) => each === name || each.startsWith(`${name}.`));
}

/** Only what is there. */
function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as Inspection & object as never;
}

/** What can be done with tokens of a service follows from the requests that are declared for it. */
function factsFor(scope: Scope): RotatorFacts {
  const { service, lifetimeDays, slots, byHand, lastUsed, mint, verify, inspect, revoke, find } = scope;
  const { valueBytes, settleSeconds, deathSeconds, markCharacters } = scope;
  const undeclared = (what: string) => cannot(`the catalog declares no ${what}`);
  const isTold = (at: 'scopes' | 'expiresAt') => verify.out?.[at] !== undefined || inspect?.out[at] !== undefined;
  const parts = Object.entries(mint.out.parts ?? {}).map(([part, at]) => [
    part,
    `what ${service} issues with the token at ${at}`,
  ]);
  return {
    ...facts,
    title: `${service} token`,
    mark: isNamed(mint, 'mark') ? can({ maximumCharacters: markCharacters }) : cannot('`mint` does not name `{{mark}}`'),
    list: find === undefined ? undeclared('`find`') : can(),
    revoke: revoke === undefined ? undeclared('`revoke`') : can(),
    expiry: isTold('expiresAt')
      ? can(lifetimeDays === undefined ? {} : { maximumDays: lifetimeDays })
      : undeclared('`out.expiresAt`'),
    scopes: isTold('scopes') ? can() : undeclared('`out.scopes`'),
    lastUsed:
      lastUsed !== undefined && inspect?.out.lastUsedAt !== undefined ? can(lastUsed) : undeclared('`inspect.out.lastUsedAt`'),
    slots: slots === undefined ? undeclared('`slots`') : can({ live: slots }),
    parts: Object.fromEntries(parts),
    requiredParts: namesUsed([verify, inspect]).flatMap((name) => /^parts\.([^.]+)$/.exec(name)?.[1] ?? []),
    ...(isRefSecret(scope) ? { secretRefPart: 'value' } : {}),
    valueBytes,
    settleSeconds,
    deathSeconds,
    ...(byHand === undefined ? {} : { byHand }),
  };
}

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
