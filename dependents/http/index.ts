import { createHash } from 'node:crypto';
import * as z from 'zod';
import {
  applying,
  locking,
  lookingForStart,
  reading,
  starting,
  type Target,
  target,
  watching,
} from '../../lib/declared/place.ts';
import { type Asked, ask } from '../../lib/declared/request.ts';
import { authorityFor, isNamed } from '../../lib/declared/service.ts';
import { under, type Values } from '../../lib/declared/template.ts';
import type { Told } from '../../lib/declared/told.ts';
import type { Copy, Dependent, DependentContext, Holding } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { can, cannot, type DependentFacts, type ReadClass } from '../../lib/engine/facts.ts';
import type { Secret } from '../../lib/engine/secret.ts';
import { malformed } from '../../lib/http/call.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

// A place without code: every call is a request that the catalog declares.

const authority = z.record(z.string(), secretText);
type Authority = Readonly<Record<string, Secret>>;
type Context = DependentContext<Target, Authority>;

export const http: Dependent<Target, Authority> = {
  facts,
  target,
  authority,

  forTarget(target) {
    const { activate, forTarget: _, ...always } = http;
    return {
      ...always,
      facts: factsFor(target),
      authority: authorityFor([target.read, target.apply, target.activate, target.inEffect]),
      ...(activate !== undefined && target.activate !== undefined ? { activate } : {}),
    };
  },

  async read({ http, target, authority }) {
    if (target.read === undefined) return { readClass: 'none', exists: undefined };
    const { out } = target.read;
    const readClass = readClassOf(target);
    const asked = await ask(target.read, reading, known({ target, authority }), { http, asks: true });
    if (asked.means === 'absent') return { readClass, exists: false };
    const matches = comparison(asked, out);
    const version = out.version === undefined ? undefined : asked.told.text(out.version);
    const lock = asked.told.maybeText(out.lock);
    return {
      readClass,
      exists: true,
      ...(matches === undefined ? {} : { matches }),
      ...(version === undefined ? {} : { version }),
      ...(lock === undefined ? {} : { lock }),
    };
  },

  async apply({ http, target, authority }, { value, versionId, token }, { lock }) {
    const { apply } = target;
    const isLocked = isNamed(apply, 'lock');
    const values = { ...known({ target, authority }), value, versionId, token, ...(lock === undefined ? {} : { lock }) };
    // The second try of a locked write would find its own first, and call it a conflict.
    const idempotent = apply.method !== 'POST' && !isLocked;
    const { means, told, said, answer } = await ask(apply, isLocked ? locking : applying, values, { http, idempotent });
    if (means === 'conflict') {
      throw new RotationError('conflict', `${said.who}: ${target.service} was changed by somebody else at the same moment`, {
        fix: 'Nothing to do: the next attempt looks at what is there.',
        definite: answer.status >= 400,
      });
    }
    const version = versionIn(told, apply.out.version);
    return version === undefined ? {} : { version };
  },

  async activate({ http, target, authority }, { versionId }, { version }) {
    if (target.activate === undefined) return {};
    const { started, start } = target.activate;
    const values = { ...known({ target, authority }), versionId, ...(version === undefined ? {} : { version }) };
    const latest = await ask(started, lookingForStart, values, { http, asks: true });
    // An earlier attempt may have died before it could remember what it had started.
    const isOurs = latest.means !== 'absent' && version !== undefined && latest.told.maybeText(started.out.version) === version;
    if (isOurs) return { activation: latest.told.text(started.out.activation) };
    if (latest.means === 'busy') throw stillBusy(target);
    const { means, told } = await ask(start, starting, values, { http });
    if (means === 'busy') throw stillBusy(target);
    return { activation: told.text(start.out.activation) };
  },

  async inEffect(context, copy, evidence) {
    const holding = await http.read(context);
    const isExact = holding.readClass === 'value' || holding.readClass === 'digest';
    // Where the copy itself is seen, it does not matter who wrote it last.
    const lacks = whatIsLacking(holding, copy, isExact ? undefined : evidence?.version);
    if (lacks !== undefined) return { state: 'not-yet', detail: lacks };
    const { target, authority } = context;
    if (target.inEffect === undefined && isExact) return { state: 'in-effect', by: 'reading' };
    if (evidence === undefined) return { state: 'not-yet', detail: 'it is not known to have been written' };
    if (target.inEffect === undefined) return { state: 'in-effect', by: 'receipt' };

    const { version, activation } = evidence;
    if (target.activate !== undefined && activation === undefined) return { state: 'not-yet', detail: 'nothing was started' };
    const values = {
      ...known({ target, authority }),
      ...(version === undefined ? {} : { version }),
      ...(activation === undefined ? {} : { activation }),
    };
    const { means, said } = await ask(target.inEffect, watching, values, { http: context.http, asks: true });
    if (means === 'in-effect') return { state: 'in-effect', by: 'receipt' };
    return { state: means, detail: `${said.what} says ${means === 'failed' ? 'that it failed' : 'nothing of it yet'}` };
  },
};

/** What speaks against the copy being what is there; undefined where nothing does. */
function whatIsLacking(holding: Holding, { value }: Copy, written: string | undefined): string | undefined {
  if (holding.exists === false) return 'there is nothing there';
  if (holding.matches?.(value) === false) return 'something else is there';
  if (written === undefined || holding.version === undefined || holding.version === written) return undefined;
  return 'it was not written last by us';
}

function known({ target, authority }: Pick<Context, 'target' | 'authority'>): Values {
  return { ...under('variables', target.variables ?? {}), ...under('authority', authority) };
}

/** The write is done, whatever its answer looks like: where it names no version, none is known. */
function versionIn(told: Told, at: string | undefined): string | undefined {
  try {
    return told.maybeText(at);
  } catch {
    return undefined;
  }
}

/** How a candidate is compared with what was read, by the best that is declared. */
function comparison({ told, said }: Asked<string>, out: NonNullable<Target['read']>['out']): Holding['matches'] {
  if (out.value !== undefined) {
    const found = told.look(out.value);
    if (typeof found !== 'string') throw malformed(said, `an answer without a proper \`${out.value}\``);
    return (candidate) => candidate.reveal() === found;
  }
  if (out.digest !== undefined) {
    const found = told
      .text(out.digest)
      .toLowerCase()
      .replace(/^sha-?256[:=]/, '');
    if (!/^[0-9a-f]{64}$/.test(found)) throw malformed(said, `an answer without a proper \`${out.digest}\``);
    return (candidate) => createHash('sha256').update(candidate.reveal()).digest('hex') === found;
  }
  if (out.tail === undefined) return undefined;
  const found = told.text(out.tail).replace(/^(?:[*•…]|\.{2,})+/, '');
  if (found === '') throw malformed(said, `an answer without a proper \`${out.tail}\``);
  return (candidate) => candidate.reveal().endsWith(found);
}

function stillBusy({ service }: Target): RotationError {
  return new RotationError('not-yet', `http: ${service} is busy with another deployment`, {
    fix: 'Nothing to do: it is asked again.',
    definite: true,
  });
}

function readClassOf({ read }: Target): ReadClass {
  const { value, digest, tail, version } = read?.out ?? {};
  if (value !== undefined) return 'value';
  if (digest !== undefined) return 'digest';
  if (tail !== undefined) return 'tail';
  return version === undefined ? 'none' : 'metadata';
}

const activations = { 'at-once': 'none', 'by-itself': 'automatic', 'at-next-run': 'next-run' } as const;

/** What can be done with a place follows from the requests that are declared for it. */
function factsFor(target: Target): DependentFacts {
  const { service, maximumBytes, drainSeconds, takesEffect, byHand, activate } = target;
  return {
    ...facts,
    title: `Place at ${service}`,
    readClass: readClassOf(target),
    activation: activate === undefined ? activations[takesEffect] : 'call',
    drainSeconds,
    maximumBytes: maximumBytes === undefined ? cannot('the catalog names no `maximumBytes`') : can({ bytes: maximumBytes }),
    lock: isNamed(target.apply, 'lock') ? can() : cannot('`apply` does not name `{{lock}}`'),
    ...(byHand === undefined ? {} : { byHand }),
  };
}
