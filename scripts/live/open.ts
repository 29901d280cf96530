import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type * as z from 'zod';
import { createAwsDoors } from '../../lib/aws/clients.ts';
import { cryptography } from '../../lib/crypto/cryptography.ts';
import type { AnyRotator } from '../../lib/engine/contract.ts';
import { concrete } from '../../lib/engine/ports.ts';
import { rotatorFor } from '../../lib/engine/specific.ts';
import { createDoors } from '../../lib/http/door.ts';
import { transport } from '../../lib/http/transport.ts';
import type { Subject } from './check.ts';

/** What the catalog and the authority secret would hold. */
export interface Given {
  readonly scope: unknown;
  readonly authority: unknown;
}

/** Opens the doors of a rotator as a function would, but for services on this machine, which may be reached. Throws where something is misspelt. */
export function openSubject(provider: AnyRotator, given: Given): Subject {
  const { name, api, otherHosts = [] } = provider.facts;
  const scope = parse(provider.scope, given.scope, 'scope');
  const rotator = rotatorFor(provider, scope);
  const authority = parse(rotator.authority, given.authority, 'authority');
  const hosts = (api === undefined ? [] : [api, ...otherHosts]).flatMap((address) => concrete(address, scope));
  const clock = { now: () => Date.now(), sleep: (milliseconds: number) => setTimeout(milliseconds) };
  const random = (bytes: number) => randomBytes(bytes);
  const remaining = () => 600_000; // nobody ends this run but the person who began it
  const http = createDoors({ fetch: transport, clock, random, remaining, loopback: {} })(name, { api: hosts[0], hosts });
  const aws = createAwsDoors({ region: process.env.AWS_REGION ?? 'us-east-1' })(undefined);
  const asToken = { http, aws, scope };
  return { rotator, asToken, asAuthority: { ...asToken, authority, crypto: cryptography }, clock, random };
}

/** Names the fields that do not fit, and never what stood in them. */
function parse(schema: z.ZodType, raw: unknown, what: string): unknown {
  const parsed = schema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const fields = parsed.error.issues.map(({ path }) => `\`${path.join('.') || '(all of it)'}\``);
  throw new Error(`The ${what} lacks or misspells ${[...new Set(fields)].join(', ')}.`);
}
