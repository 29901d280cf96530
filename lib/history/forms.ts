import * as z from 'zod';
import type { Proof } from '../engine/configuration.ts';
import { type ErrorCode, errorCodes } from '../engine/errors.ts';
import type { Receipt } from '../engine/ports.ts';
import type { Alert, Finding, FindingCode, Happened, Health, Pause } from '../engine/records.ts';

// What is read back is looked at, because another version may have written it: what it added is left out, and what has another form than is
// known here is as if it were not there. That is always safe: a missing receipt never means yes, and sweeps find everything else again.

const some = z.string().min(1);
const instant = z.number();

const receipt = z.object({
  dependent: some,
  digest: some,
  versionId: some,
  isWritten: z.boolean().optional(),
  version: z.string().optional(),
  activation: z.string().optional(),
  intendedAt: instant,
  appliedAt: instant,
  inEffectAt: instant.optional(),
  answeredAt: instant.optional(),
}) satisfies z.ZodType<Receipt>;

const whats = {
  'token.minted': true,
  'token.rotated': true,
  'drill.passed': true,
  'drill.failed': true,
  'drill.signed': true,
  'token.revoked': true,
  'token.stray-revoked': true,
  'rotation.failed': true,
  'rotation.rolled-forward': true,
  'retirement.held': true,
  'stray.reported': true,
  'person.acted': true,
} as const satisfies Record<Happened['what'], true>;

const happened = z.object({
  id: some,
  at: instant,
  what: z.enum(Object.keys(whats) as [Happened['what'], ...Happened['what'][]]),
  token: some,
  secretArn: some,
  versionId: z.string().optional(),
  ref: z.string().optional(),
  code: z.enum(Object.keys(errorCodes) as [ErrorCode, ...ErrorCode[]]).optional(),
  message: z.string(),
  fix: z.string().optional(),
  by: z.string().optional(),
  configuration: z.record(z.string(), z.string()).optional(),
}) satisfies z.ZodType<Happened>;

const proof = z.object({
  token: some,
  at: instant,
  configuration: z.record(z.string(), z.string()),
}) satisfies z.ZodType<Proof>;

const findingCodes = {
  'scope-missing': true,
  'scope-too-wide': true,
  'expiry-differs': true,
  'dependent-drifted': true,
  'dependent-foreign': true,
  'dependent-unreachable': true,
  'dependent-shadowed': true,
  'dependent-restarting': true,
  stray: true,
  'still-used': true,
  'no-way-to-revoke': true,
  unreadable: true,
  'drill-failed': true,
} as const satisfies Record<FindingCode, true>;

const finding = z.object({
  code: z.enum(Object.keys(findingCodes) as [FindingCode, ...FindingCode[]]),
  about: z.string(),
  message: z.string(),
  fix: z.string(),
}) satisfies z.ZodType<Finding>;

const health = z.object({
  token: some,
  secretArn: some,
  versionId: some,
  checkedAt: instant,
  verdict: z.enum(['valid', 'invalid', 'limited', 'unclear']),
  expiresAt: instant.optional(),
  createdAt: instant.optional(),
  scopes: z.array(z.string()).optional(),
  lastUsedAt: instant.nullable().optional(),
  provenAt: instant.optional(),
  answeredAt: z.record(z.string(), instant).optional(),
  findings: z.array(finding),
}) satisfies z.ZodType<Health>;

const step = z.enum(['owner', 'backup', 'team']);

const alert = z.object({
  id: some,
  series: some.optional(),
  code: some,
  token: some.optional(),
  urgency: z.enum(['now', 'soon', 'note']),
  message: z.string(),
  next: z.string(),
  fix: z.string(),
  openedAt: instant,
  seenAt: instant,
  missingSince: instant.optional(),
  toldTo: step.optional(),
  told: z.array(step).optional(),
  toldAt: instant.optional(),
  acknowledged: z.object({ by: z.string(), at: instant, note: z.string().optional() }).optional(),
  revision: z.int(),
}) satisfies z.ZodType<Alert>;

const pause = z.object({
  of: z.union([z.literal('everything'), z.templateLiteral(['provider:', some]), z.templateLiteral(['token:', some])]),
  by: z.string(),
  why: z.string(),
  since: instant,
  until: instant.optional(),
}) satisfies z.ZodType<Pause>;

export const forms = { receipt, happened, proof, health, alert, pause, failures: z.object({ count: z.int().min(0) }) } as const;

/** Each that is of the form, in order. */
export function allOf<Form extends z.ZodType>(form: Form, items: readonly { readonly content: unknown }[]): z.infer<Form>[] {
  return items.flatMap(({ content }) => {
    const parsed = form.safeParse(content);
    return parsed.success ? [parsed.data] : [];
  });
}
