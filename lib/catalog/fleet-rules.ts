import type { DependentDraft, TokenDraft } from './draft.ts';
import { markedFields } from './read-fields.ts';
import { isSameSecret, secretArnPattern, secretName } from './secret-id.ts';
import { type Fault, placeOf } from './sheet.ts';
import { type Path, quote } from './wording.ts';

// What must be true between the files. The later one of two, in the order of their files, carries the fault and names the earlier.

interface FleetFault {
  readonly draft: TokenDraft;
  readonly fault: Fault;
}

export function fleetFaults(drafts: readonly TokenDraft[]): readonly FleetFault[] {
  return [...sameName(drafts), ...sameSecret(drafts), ...samePlace(drafts), ...writesToken(drafts), ...notExclusive(drafts)];
}

function* sameName(drafts: readonly TokenDraft[]): Iterable<FleetFault> {
  const first = new Map<string, TokenDraft>();
  for (const draft of drafts) {
    const before = first.get(draft.name);
    if (before === undefined) {
      first.set(draft.name, draft);
      continue;
    }
    const message = `There is another token ${quote(draft.name)}, in ${before.sheet.file}.`;
    yield { draft, fault: { path: [], code: 'same-name', message, fix: 'Rename one of the two files.' } };
  }
}

function* sameSecret(drafts: readonly TokenDraft[]): Iterable<FleetFault> {
  for (const { draft, before } of alike(drafts, ({ fields }) => fields.secret && secretName(fields.secret), holdOneSecret)) {
    const message = `This is also the secret of ${where(before, ['secret'])}.`;
    const hasName = [draft, before].some(({ fields }) => !secretArnPattern.test(fields.secret ?? ''));
    const fix = `Keep each token in a secret of its own${hasName ? '; if they are in different accounts or regions, write full ARNs' : ''}.`;
    yield { draft, fault: { path: ['secret'], code: 'same-secret', message, fix } };
  }
}

function holdOneSecret(a: TokenDraft, b: TokenDraft): boolean {
  return a.fields.secret !== undefined && b.fields.secret !== undefined && isSameSecret(a.fields.secret, b.fields.secret);
}

function* samePlace(drafts: readonly TokenDraft[]): Iterable<FleetFault> {
  const first = new Map<string, { draft: TokenDraft; dependent: DependentDraft }>();
  for (const draft of drafts) {
    for (const dependent of draft.dependents) {
      const { plugin, target, fields, index } = dependent;
      if (plugin === undefined || target === undefined) continue;
      const place = canonical([plugin.facts.name, target, fields.via ?? null]);
      if (place === undefined) continue;
      const before = first.get(place);
      if (before === undefined) {
        first.set(place, { draft, dependent });
        continue;
      }
      const path: Path = ['dependents', before.dependent.index];
      const message = `${quote(before.dependent.fields.name ?? plugin.facts.name)} of ${where(before.draft, path)} writes to the same place.`;
      const fault: Fault = {
        path: ['dependents', index, 'target'],
        code: 'same-place',
        message,
        fix: 'Remove one of the two: each would undo the other.',
      };
      yield { draft, fault };
    }
  }
}

function* writesToken(drafts: readonly TokenDraft[]): Iterable<FleetFault> {
  const owners = new Map<string, TokenDraft[]>();
  for (const draft of drafts) {
    if (draft.fields.secret === undefined) continue;
    const name = secretName(draft.fields.secret);
    owners.set(name, [...(owners.get(name) ?? []), draft]);
  }
  for (const draft of drafts) {
    for (const dependent of draft.dependents) {
      const owner = secretsWritten(dependent)
        .flatMap(({ id, isElsewhere }) => {
          // Elsewhere the same name is another secret; only a whole ARN says that it is the same.
          const isOne = (secret: string) => (isElsewhere ? id === secret && secretArnPattern.test(id) : isSameSecret(id, secret));
          return (owners.get(secretName(id)) ?? []).filter(({ fields }) => isOne(fields.secret ?? ''));
        })
        .at(0);
      if (owner === undefined) continue;
      const message =
        owner === draft
          ? 'This writes the copy into the very secret that is rotated.'
          : `This writes into the secret of ${where(owner, ['secret'])}.`;
      const fix = 'Write the copy into another secret, or remove this dependent.';
      yield { draft, fault: { path: ['dependents', dependent.index, 'target'], code: 'writes-token', message, fix } };
    }
  }
}

/** The secrets that a dependent writes into: told by what its role may do and by its target, never by its name. */
function secretsWritten({ plugin, fields, target }: DependentDraft): readonly { id: string; isElsewhere: boolean }[] {
  const writes = plugin?.facts.awsActions?.some((action) => /^secretsmanager:(\*|Put|Update)/.test(action)) ?? false;
  if (!writes || typeof target !== 'object' || target === null) return [];
  const isElsewhere = fields.via !== undefined || (target as Record<string, unknown>)['region'] !== undefined;
  return Object.entries(target).flatMap(([name, id]) => {
    const isSecret = typeof id === 'string' && (/secret/i.test(name) || secretArnPattern.test(id));
    return isSecret ? [{ id, isElsewhere }] : [];
  });
}

/**
 * A stray is a live token of the principal that its entry does not know, so an exclusive entry would revoke what another one keeps.
 * A plug-in says which fields of its scope name the principal by `.meta({ principal: true })`; else equal scopes are one principal,
 * and for different ones under one authority nobody here can tell.
 */
function* notExclusive(drafts: readonly TokenDraft[]): Iterable<FleetFault> {
  const isAtStake = (a: TokenDraft, b: TokenDraft) => a.fields.exclusive === true || b.fields.exclusive === true;
  const blamed = new Set<TokenDraft>();
  const asked = new Set<string>();
  const one = (draft: TokenDraft) =>
    draft.scope === undefined ? undefined : canonical([principalKeeper(draft), principalIn(draft)]);
  for (const { draft, before } of alike(drafts, one, isAtStake)) {
    const [carrier, other] = draft.fields.exclusive === true ? [draft, before] : [before, draft];
    blamed.add(draft);
    const message = `This token and ${where(other, ['scope'])} belong to one principal, and \`exclusive: true\` would revoke the other's.`;
    const fix = 'Remove `exclusive`, or give each token a principal of its own.';
    yield { draft: carrier, fault: { path: ['exclusive'], code: 'not-exclusive', message, fix } };
  }
  const perhapsOne = (draft: TokenDraft) => {
    const isTold = draft.rotator === undefined || markedFields(draft.rotator.scope, 'principal').length > 0;
    return isTold || draft.fields.authority === undefined ? undefined : canonical(principalKeeper(draft));
  };
  for (const { draft, before } of alike(drafts, perhapsOne, isAtStake)) {
    // One warning for each authority: it asks a question, and the answer holds for all.
    const authority = perhapsOne(draft) ?? '';
    if (blamed.has(draft) || asked.has(authority)) continue;
    asked.add(authority);
    const [carrier, other] = draft.fields.exclusive === true ? [draft, before] : [before, draft];
    const message = `This token and ${where(other, ['scope'])} have one authority; if it is one principal too, \`exclusive: true\` would revoke the other's.`;
    const fix = 'Make sure that the scopes name different principals, or remove `exclusive`.';
    yield { draft: carrier, fault: { path: ['exclusive'], code: 'maybe-not-exclusive', message, fix } };
  }
}

function principalKeeper({ rotator, fields }: TokenDraft): unknown {
  return [rotator?.facts.name, fields.authority === undefined ? null : secretName(fields.authority)];
}

function principalIn({ rotator, scope }: TokenDraft): unknown {
  const names = rotator === undefined ? [] : markedFields(rotator.scope, 'principal');
  if (names.length === 0 || typeof scope !== 'object' || scope === null) return scope;
  return names.map((name) => (scope as Record<string, unknown>)[name] ?? null);
}

/** Each draft that has an earlier one with the same key with which it fits the test, with the first such. */
function* alike(
  drafts: readonly TokenDraft[],
  keyOf: (draft: TokenDraft) => string | undefined,
  test: (a: TokenDraft, b: TokenDraft) => boolean,
): Iterable<{ draft: TokenDraft; before: TokenDraft }> {
  const groups = new Map<string, TokenDraft[]>();
  for (const draft of drafts) {
    const key = keyOf(draft);
    if (key === undefined) continue;
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    const before = group.find((each) => test(each, draft));
    if (before !== undefined) yield { draft, before };
    group.push(draft);
  }
}

/** `npm-publish (catalog/npm-publish.yaml:7)` */
function where({ name, sheet }: TokenDraft, path: Path): string {
  const { place } = placeOf(sheet, path);
  return `${name} (${sheet.file}:${Math.max(1, sheet.lines.linePos(place.nameFrom ?? place.from).line)})`;
}

/** The same text for equal values, whatever the order of their fields. Undefined for what has no JSON, and is like nothing else. */
function canonical(value: unknown): string | undefined {
  try {
    return JSON.stringify(value, (_, each: unknown) => {
      if (typeof each !== 'object' || each === null || Array.isArray(each)) return each;
      return Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1)));
    });
  } catch {
    return undefined;
  }
}
