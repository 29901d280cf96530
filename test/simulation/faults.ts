import { RotationError } from '../../lib/engine/errors.ts';
import { awsError } from '../../lib/testing/in-process.ts';
import type { OutwardCall } from '../../lib/testing/world.ts';

/**
 * What can happen at a call that leaves the engine. Before its effect or after it: that is the difference that matters.
 * `crash-*` the process dies · `unsent` it certainly never arrived · `down` the other side answers 503 from here to the end of this run ·
 * `limited` a pause is asked for · `refused` a definite no · `lost` the effect happened and the answer did not come · `garbled` the effect
 * happened and the answer is a login page · `stale` a look sees what was there before the last change · `forgotten` what history held is gone.
 */
export const faultKinds = [
  'crash-before',
  'crash-after',
  'unsent',
  'down',
  'limited',
  'refused',
  'lost',
  'garbled',
  'stale',
  'forgotten',
] as const;

export type FaultKind = (typeof faultKinds)[number];

/** A fault at the n-th call of one run. */
export interface Fault {
  readonly at: number;
  readonly kind: FaultKind;
}

const kinds: Readonly<Record<string, readonly FaultKind[]>> = {
  'network look': ['crash-before', 'down', 'limited', 'refused', 'garbled', 'stale'],
  'network change': ['crash-before', 'crash-after', 'unsent', 'down', 'limited', 'refused', 'lost', 'garbled'],
  'aws look': ['crash-before', 'limited', 'lost', 'stale'],
  'aws change': ['crash-before', 'crash-after', 'limited', 'refused', 'unsent', 'lost'],
  'history look': ['crash-before', 'lost', 'forgotten'],
  'history change': ['crash-before', 'crash-after', 'lost'],
  'tell change': ['crash-before', 'lost'],
};

export function faultsFor(call: OutwardCall): readonly FaultKind[] {
  // What happened is read back by nobody who decides: to die before it is written down or after it is the same.
  if (call.what === 'record') return ['crash-before', 'lost'];
  return kinds[`${call.to} ${isChange(call) ? 'change' : 'look'}`] ?? [];
}

/** Whether it may leave something behind. */
export function isChange({ to, what }: OutwardCall): boolean {
  if (to === 'network') return !/^(GET|HEAD) /.test(what);
  if (to === 'aws') return !/^(Get|Describe|List|BatchGet)/.test(what);
  return to === 'tell' || what.startsWith('save') || what === 'record';
}

export const crash = new Error('the process died');

/** What is thrown or answered instead of what the call would have brought. */
export function outcomeOf(kind: FaultKind, { to, what }: OutwardCall): unknown {
  if (kind === 'crash-before' || kind === 'crash-after') throw crash;
  if (to === 'network') return networkOutcome(kind);
  if (to === 'aws') throw awsOutcome(kind);
  if (kind === 'forgotten') return what === 'failures' ? 0 : what === 'health' ? undefined : [];
  throw new RotationError('unavailable', `${to}: it did not answer`, { fix: 'Nothing to do: it is tried again.' });
}

function networkOutcome(kind: FaultKind): Response {
  switch (kind) {
    case 'unsent':
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } });
    case 'lost':
      throw Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNRESET' } });
    case 'limited':
      return new Response('{}', { status: 429, headers: { 'retry-after': '600' } });
    case 'refused':
      return new Response('{}', { status: 403 });
    case 'garbled':
      return new Response('<html>sign in', { status: 200, headers: { 'content-type': 'text/html' } });
    default:
      return new Response('{}', { status: 503 });
  }
}

function awsOutcome(kind: FaultKind): Error {
  if (kind === 'limited') return awsError('ThrottlingException', 400);
  if (kind === 'refused') return awsError('AccessDeniedException', 400);
  return awsError('TimeoutError', undefined);
}
