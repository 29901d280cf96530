import { createHash } from 'node:crypto';
import * as z from 'zod';
import { type Asked, ask, type Purpose, requestFields } from '../../lib/declared/request.ts';
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
import { under, type Values } from '../../lib/declared/template.ts';
import { place, pointer, type Told } from '../../lib/declared/told.ts';
import type { Copy, Dependent, DependentContext, Holding } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { can, cannot, type DependentFacts, type ReadClass } from '../../lib/engine/facts.ts';
import type { Secret } from '../../lib/engine/secret.ts';
import { malformed } from '../../lib/http/call.ts';
import { secretText } from '../../lib/plugin/schemas.ts';
import { facts } from './facts.ts';

// A place without code: every call is a request that the catalog declares.

const common = { 'variables.*': 'plain', 'authority.*': 'secret' } as const;
const gone = [{ status: [404, 410], means: 'absent' }] as const;

const reading: Purpose<'ok' | 'absent'> = {
  vocabulary: common,
  methods: ['GET', 'POST'],
  meanings: ['ok', 'absent'],
  otherwise: 'ok',
  defaults: gone,
};
const applying: Purpose<'ok' | 'conflict'> = {
  vocabulary: { ...common, value: 'secret', lock: 'plain', versionId: 'plain', token: 'plain' },
  methods: ['PUT', 'POST', 'PATCH'],
  meanings: ['ok', 'conflict'],
  otherwise: 'ok',
  defaults: [],
};
/** What a service says to a write over something else than what was read. */
const locking: typeof applying = { ...applying, defaults: [{ status: [409, 412], means: 'conflict' }] };
const lookingForStart: Purpose<'found' | 'busy' | 'absent'> = {
  vocabulary: { ...common, version: 'plain' },
  methods: ['GET', 'POST'],
  meanings: ['found', 'busy', 'absent'],
  otherwise: 'found',
  defaults: gone,
};
const starting: Purpose<'ok' | 'busy'> = {
  vocabulary: { ...common, version: 'plain', versionId: 'plain' },
  methods: ['POST', 'PUT', 'PATCH'],
  meanings: ['ok', 'busy'],
  otherwise: 'ok',
  defaults: [],
};
const watching: Purpose<'not-yet' | 'in-effect' | 'failed'> = {
  vocabulary: { ...common, version: 'plain', activation: 'plain' },
  methods: ['GET', 'POST'],
  meanings: ['not-yet', 'in-effect', 'failed'],
  otherwise: 'not-yet',
  defaults: [],
};

const target = z
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
type Target = z.infer<typeof target>;

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
    const { means, told, said } = await ask(apply, isLocked ? locking : applying, values, { http, idempotent });
    if (means === 'conflict') {
      throw new RotationError('conflict', `${said.who}: ${target.service} was changed by somebody else at the same moment`, {
        fix: 'Nothing to do: the next attempt looks at what is there.',
        definite: true,
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
    const lacks = whatIsLacking(holding, copy, evidence?.version);
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

function isNamed(request: unknown, name: string): boolean {
  return namesUsed(request).some((each) => each === name || each.startsWith(`${name}.`));
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
