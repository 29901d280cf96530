import * as z from 'zod';
import { askAll } from '../../lib/declared/pages.ts';
import { finding, inspecting, minting, revoking, type Scope, scope, verifying } from '../../lib/declared/provider.ts';
import { ask } from '../../lib/declared/request.ts';
import { authorityFor, isNamed, namesUsed } from '../../lib/declared/service.ts';
import { under, type Values } from '../../lib/declared/template.ts';
import type { AuthorityContext, Credential, Rotator } from '../../lib/engine/contract.ts';
import { can, cannot, type RotatorFacts } from '../../lib/engine/facts.ts';
import { Secret } from '../../lib/engine/secret.ts';
import { malformed, type Said } from '../../lib/http/call.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

// A provider without code: every call is a request that the catalog declares.

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
    const named = isRefSecret(scope) ? credential.value.reveal() : ref;
    const self = isRefSecret(scope) ? { ref: credential.value.reveal() } : {};
    if (scope.inspect === undefined || (named === undefined && isNamed(scope.inspect, 'ref'))) return self;
    const { out } = scope.inspect;
    const values = { ...valuesFor({ scope, authority }, named), ...held(credential) };
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
      ...self,
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

/** Only what is there. */
function given<Fields extends object>(fields: Fields): { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as never;
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
