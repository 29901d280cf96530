import * as z from 'zod';
import { looksPasted } from '../catalog/pasted-secret.ts';
import type { Method } from '../engine/contract.ts';
import type { Secret } from '../engine/secret.ts';
import { secretText } from '../plugin/schemas.ts';
import { requestFaults } from './request.ts';
import { namesIn, textsIn } from './template.ts';

// What a provider and a place that are declared in the catalog have in common: the service, its hosts, and names of one's own.

const origin = z
  .url({ protocol: /^https?$/ })
  .refine((address) => !/[?#]/.test(address), 'must be an address without a question mark or number sign');

/** Ids look like secrets, and are welcome; what has the form of a known key is not. */
const variable = z
  .string()
  .min(1)
  .refine((text) => looksPasted(text) !== 'known', 'looks like the value of a secret, which belongs in the authority secret')
  .meta({ identifier: true });

export const serviceFields = {
  service: z
    .string()
    .min(1)
    .max(60)
    .describe('What people call the service.')
    .meta({ examples: ['Foghorn'] }),
  api: origin
    .describe('The address that paths of requests are joined to; its host is one of those that may be called.')
    .meta({ principal: true, examples: ['https://api.foghorn.example/v1'] }),
  otherHosts: z.array(origin).min(1).optional().describe('Other hosts that may be called. No request goes anywhere else.'),
  variables: z
    .record(z.string().regex(/^[A-Za-z][\w-]*$/, 'must be letters, digits, hyphens and underscores'), variable)
    .optional()
    .describe('Names of your own for what differs from token to token: `{{variables.station}}`. Nothing secret.')
    .meta({ principal: true }),
  byHand: z.array(z.string().min(1)).min(1).optional().describe('How a person does it by hand: the steps of the runbook.'),
};

export interface CrossFault {
  readonly path: readonly (string | number)[];
  /** The end of a sentence that begins with the field. */
  readonly message: string;
}

/**
 * Judges what several fields have together, also where others are not as they should be, so that all faults are told at once: it gets what
 * was written, whatever that is.
 */
export function together<Fields>(judge: (written: Written) => Iterable<CrossFault>): z.core.$ZodCheck<Fields> {
  const check = z.check<Fields>((payload) => {
    const { value } = payload;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return;
    for (const { path, message } of judge(value as Written))
      payload.issues.push({ code: 'custom', input: value, path: [...path], message });
  });
  check._zod.def.when = () => true;
  return check;
}

export type Written = Readonly<Record<string, unknown>>;

/** What is at a path of what was written, as a group of fields. */
export function groupAt(written: unknown, ...path: readonly string[]): Written {
  const found = path.reduce<unknown>((inside, step) => (isGroup(inside) ? inside[step] : undefined), written);
  return isGroup(found) ? found : {};
}

function isGroup(value: unknown): value is Written {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Each request by the way to it, with the method that it has where none is written. */
export type Requests = Readonly<Record<string, Method>>;

/** Faults of requests that no field has alone: bodies, hosts, and names that are nowhere defined. */
export function* serviceFaults(written: Written, requests: Requests): Iterable<CrossFault> {
  const hosts = [written['api'], ...[written['otherHosts'] ?? []].flat()].flatMap((each) => originOf(each) ?? []);
  const variables = Object.keys(groupAt(written, 'variables'));
  for (const [where, usual] of Object.entries(requests)) {
    const path = where.split('.');
    const request = groupAt(written, ...path);
    for (const fault of requestFaults(request, usual)) yield { path: [...path, ...fault.path], message: fault.message };
    const host = originOf(request['url']);
    if (host !== undefined && !hosts.includes(host))
      yield { path: [...path, 'url'], message: `leads to ${host}, which is neither that of \`api\` nor among \`otherHosts\`` };
    for (const { text, path: inside } of textsIn(request)) {
      for (const name of namesIn(text).flatMap((each) => /^variables\.([^.]+)/.exec(each)?.[1] ?? [])) {
        if (!variables.includes(name))
          yield { path: [...path, ...inside], message: `names \`variables.${name}\`, which \`variables\` does not have` };
      }
    }
  }
}

function originOf(address: unknown): string | undefined {
  // A name in the host is a fault of its own.
  const bare = typeof address === 'string' ? address.replace(/(?<=^https?:\/\/[^/]+\/.*)\{\{[^}]*\}\}/g, 'x') : '';
  return /^https?:\/\/[^/{}]+(?:\/|$)/.test(bare) && URL.canParse(bare) ? new URL(bare).origin : undefined;
}

/** What stands in the authority secret: exactly the fields that requests name, so that one which is missing is told before it is needed. */
export function authorityFor(requests: unknown): z.ZodType<Readonly<Record<string, Secret>>> {
  const names = namesUsed(requests).flatMap((name) => /^authority\.([^.]+)$/.exec(name)?.[1] ?? []);
  return z.strictObject(Object.fromEntries(names.map((name) => [name, secretText])));
}

/** Every name in the texts of some requests, each once. */
export function namesUsed(requests: unknown): readonly string[] {
  return [...new Set([...textsIn(requests)].flatMap(({ text }) => namesIn(text)))];
}

/** Whether a name, or one that begins with it, stands anywhere in some requests. */
export function isNamed(request: unknown, name: string): boolean {
  return namesUsed(request).some((each) => each === name || each.startsWith(`${name}.`));
}
