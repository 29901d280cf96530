import type { DependentFacts, RotatorFacts } from '../engine/facts.ts';
import { type LoopbackHosts, whyNever } from '../http/addresses.ts';
import type { DependentDraft, SharedDraft, TokenDraft } from './draft.ts';
import { overlapFaults } from './overlap-rules.ts';
import { accepts } from './read-fields.ts';
import { isSameSecret, secretArnPattern } from './secret-id.ts';
import type { Fault } from './sheet.ts';
import { didYouMean, listed, type Path, quote } from './wording.ts';

// What must be true within one token's file, beyond each field for itself. Every rule looks only at what could be read.

/** All faults of a token that its fields have together. */
export function tokenFaults(draft: TokenDraft, shared: SharedDraft, loopback?: LoopbackHosts): readonly Fault[] {
  return [
    ...people(draft, shared),
    ...authority(draft),
    ...adoption(draft),
    ...valueLayout(draft),
    ...expectations(draft),
    ...checks(draft),
    ...names(draft),
    ...order(draft),
    ...draft.dependents.flatMap((dependent) => [...dependentFaults(draft, dependent)]),
    ...addresses(draft, loopback),
    ...overlapFaults(draft),
  ];
}

/** All faults that keyturn.yaml has in itself. */
export function* sharedFaults({ people, teams }: SharedDraft, loopback?: LoopbackHosts): Iterable<Fault> {
  for (const [id, team] of teams ?? []) {
    if (people?.has(id)) {
      const message = `The team ${quote(id)} has the id of a person.`;
      yield { path: ['teams', id], on: 'name', code: 'same-id', message, fix: `Choose another, for example \`${id}-team\`.` };
    }
    for (const [index, member] of (team.members ?? []).entries()) {
      if (member !== undefined) yield* personFaults({ people }, member, ['teams', id, 'members', index]);
    }
    const url = team.webhook?.url;
    const why = url === undefined ? undefined : whyNever(url, 'whole', loopback);
    if (why !== undefined) {
      const message = `The webhook of the team ${quote(id)} would never be called: ${why}.`;
      yield {
        path: ['teams', id, 'webhook', 'url'],
        code: 'address',
        message,
        fix: 'Write a public address that begins with https://.',
      };
    }
  }
}

function* people({ fields }: TokenDraft, shared: SharedDraft): Iterable<Fault> {
  const { owner, backup, team } = fields;
  if (owner !== undefined) yield* personFaults(shared, owner, ['owner']);
  if (backup !== undefined) yield* personFaults(shared, backup, ['backup']);
  if (owner !== undefined && owner === backup) {
    const message = 'Owner and backup are the same person.';
    yield { path: ['backup'], code: 'owner-is-backup', message, fix: 'Name somebody who can do it when the owner cannot.' };
  }
  if (team !== undefined && shared.teams !== undefined && !shared.teams.has(team)) {
    const fix = suggest(team, shared.teams.keys(), 'Add the team under `teams:` in keyturn.yaml.');
    yield { path: ['team'], code: 'unknown-team', message: `keyturn.yaml has no team ${quote(team)}.`, fix };
  }
  const administrator = fields.account?.administrator;
  if (administrator !== undefined && shared.teams !== undefined && !shared.teams.has(administrator)) {
    yield* personFaults(shared, administrator, ['account', 'administrator'], shared.teams.keys());
  }
}

function* personFaults(
  { people }: Pick<SharedDraft, 'people'>,
  id: string,
  path: Path,
  teams?: Iterable<string>,
): Iterable<Fault> {
  if (people === undefined) return;
  const person = people.get(id);
  if (person === undefined) {
    const message = `keyturn.yaml has no person ${teams === undefined ? '' : 'or team '}${quote(id)}.`;
    const fix = suggest(
      id,
      [...people.keys(), ...(teams ?? [])],
      `Add them under \`people:\`${teams === undefined ? '' : ' or `teams:`'} in keyturn.yaml.`,
    );
    yield { path, code: 'unknown-person', message, fix };
  } else if (person.left !== undefined) {
    const message = `${quote(person.name ?? id)} left on ${person.left}.`;
    yield { path, code: 'person-left', message, fix: 'Name somebody who is there.' };
  }
}

function* authority({ fields, rotator, sheet }: TokenDraft): Iterable<Fault> {
  if (fields.authority !== undefined && fields.secret !== undefined && isSameSecret(fields.authority, fields.secret)) {
    const message = 'The authority is the very secret that is to be rotated.';
    const fix = 'Keep what may mint and revoke in a secret of its own.';
    yield { path: ['authority'], code: 'own-authority', message, fix };
  }
  if (rotator === undefined || Object.hasOwn(sheet.value, 'authority') || accepts(rotator.authority, {})) return;
  const message = `\`authority\` is missing, and ${rotator.facts.name} cannot mint without one.`;
  const fix = `Write \`authority: keyturn/authorities/${rotator.facts.name}\`, the name of the secret with the credential that may mint and revoke.`;
  yield { path: ['authority'], near: ['provider'], code: 'no-authority', message, fix };
}

function* adoption({ fields }: TokenDraft): Iterable<Fault> {
  if (fields.adopt !== false || fields.secret === undefined || !secretArnPattern.test(fields.secret)) return;
  const message = 'A full ARN ends in six characters that AWS chooses, so this secret exists already.';
  yield {
    path: ['adopt'],
    code: 'not-adopted',
    message,
    fix: 'Remove `adopt`, or give the name that the new secret shall have.',
  };
}

function* valueLayout(draft: TokenDraft): Iterable<Fault> {
  if (!isLayoutKnown(draft)) return;
  const { fields, rotator } = draft;
  const { format = 'text', fields: stored } = fields.value ?? {};
  const fault = (path: Path, message: string, fix: string): Fault => ({
    path,
    near: path.length > 1 ? ['value'] : ['provider'],
    code: 'value',
    message,
    fix,
  });
  const asFields = (parts: readonly string[]) => `{ ${['value', ...parts].map((part) => `${part}: ${part}`).join(', ')} }`;
  const required = rotator?.facts.requiredParts ?? [];

  if (format === 'text') {
    if (stored !== undefined)
      yield fault(['value', 'fields'], 'A bare value has no fields.', 'Write `format: json`, or remove `fields`.');
    if (required.length > 0) {
      const message = `A token of ${rotator?.facts.name} has parts (${listed(required)}) that a bare value cannot hold.`;
      yield fault(['value'], message, `Write \`value: { format: json, fields: ${asFields(required)} }\`.`);
    }
    return;
  }
  if (stored === undefined) {
    yield fault(['value', 'fields'], '`value.fields` is missing.', `Write \`fields: ${asFields(required)}\`.`);
    return;
  }
  const missing = ['value', ...required].filter((part) => !Object.hasOwn(stored, part));
  for (const part of missing) {
    yield fault(
      ['value', 'fields'],
      `\`value.fields\` gives no field for \`${part}\`.`,
      `Add \`${part}: ${part}\`, or the name that the field is to have.`,
    );
  }
  const known = rotator && ['value', ...Object.keys(rotator.facts.parts)];
  const firstUse = new Map<string, string>();
  for (const [part, field] of Object.entries(stored)) {
    const path = ['value', 'fields', part];
    if (known !== undefined && !known.includes(part)) {
      const fix = suggest(part, known, `Remove it. There are: ${listed(known)}.`);
      yield { ...fault(path, `A token of ${rotator?.facts.name} has no part ${quote(part)}.`, fix), on: 'name' };
    }
    if (field === undefined) continue;
    const before = firstUse.get(field);
    if (before !== undefined)
      yield fault(path, `\`${before}\` and \`${part}\` would be kept in one field.`, 'Give each a field of its own.');
    else firstUse.set(field, part);
  }
}

/** Whether all of `value` that is written could be read. */
function isLayoutKnown({ fields, sheet }: TokenDraft): boolean {
  const raw = sheet.value['value'];
  if (raw === undefined) return !Object.hasOwn(sheet.value, 'value');
  const wasRead = (name: 'format' | 'fields') => !Object.hasOwn(raw as object, name) || fields.value?.[name] !== undefined;
  return fields.value !== undefined && wasRead('format') && wasRead('fields');
}

function* expectations({ fields, rotator }: TokenDraft): Iterable<Fault> {
  if (fields.expect?.scopes === undefined || rotator === undefined || rotator.facts.scopes.can) return;
  const message = `${rotator.facts.name} never tells what a token may do: ${rotator.facts.scopes.why}`;
  const fix = 'Remove `scopes`, and try what the token must be allowed to do under `checks`.';
  yield { path: ['expect', 'scopes'], code: 'cannot-expect', message: sentence(message), fix };
}

function* checks({ fields, rotator }: TokenDraft): Iterable<Fault> {
  if (rotator?.facts.isMultiline !== true) return;
  for (const index of (fields.checks ?? []).keys()) {
    const message = `A check sends the token in a header, and one of ${rotator.facts.name} has line breaks.`;
    const fix = 'Remove the check. Whether the token works is asked in its own way before every promotion.';
    yield { path: ['checks', index], code: 'cannot-check', message, fix };
  }
}

function* names({ fields }: TokenDraft): Iterable<Fault> {
  for (const list of ['dependents', 'consumers', 'checks'] as const) {
    const seen = new Set<string>();
    for (const [index, each] of (fields[list] ?? []).entries()) {
      const name = each?.name;
      if (name === undefined) continue;
      if (seen.has(name)) {
        const message = `\`${list}\` already has one with the name ${quote(name)}.`;
        yield { path: [list, index, 'name'], code: 'same-name', message, fix: 'Give each a name of its own.' };
      }
      seen.add(name);
    }
  }
}

/** Whoever waits must be waited for by somebody else in the end. */
function* order({ fields }: TokenDraft): Iterable<Fault> {
  const waits = new Map((fields.dependents ?? []).map((each) => [each?.name, each?.after ?? []]));
  let isRound = false;
  for (const [index, each] of (fields.dependents ?? []).entries()) {
    for (const [at, name] of (each?.after ?? []).entries()) {
      const path: Path = ['dependents', index, 'after', at];
      if (name === undefined) continue;
      if (!waits.has(name)) {
        const fix = suggest(
          name,
          [...waits.keys()].filter((known) => known !== undefined),
          'Name a dependent of this token.',
        );
        yield { path, code: 'unknown-dependent', message: `This token has no dependent ${quote(name)}.`, fix };
      } else if (!isRound && each?.name !== undefined && reaches(waits, name, each.name)) {
        isRound = true; // one of them is enough to find the others
        const message = `${quote(each.name)} waits for ${quote(name)}, which ${name === each.name ? 'is itself' : 'in the end waits for it'}.`;
        yield { path, code: 'circle', message, fix: 'Let one of them wait for nobody.' };
      }
    }
  }
}

function reaches(waits: ReadonlyMap<string | undefined, readonly (string | undefined)[]>, from: string, to: string): boolean {
  const seen = new Set<string>();
  const walk = (name: string): boolean => {
    if (name === to) return true;
    if (seen.has(name)) return false;
    seen.add(name);
    return (waits.get(name) ?? []).some((next) => next !== undefined && walk(next));
  };
  return walk(from);
}

function* dependentFaults(draft: TokenDraft, { index, fields, plugin }: DependentDraft): Iterable<Fault> {
  const path: Path = ['dependents', index];
  const { copies = 'value' } = fields;
  if (typeof copies === 'object' && copies.part !== undefined) yield* partFaults(draft, copies.part, [...path, 'copies']);
  yield* probeFaults(draft, { index, fields, plugin });
  if (plugin === undefined) return;
  const { facts } = plugin;
  const raw = rawDependent(draft, index);
  if (!Object.hasOwn(raw, 'authority') && !accepts(plugin.authority, {})) {
    const message = `\`dependents[${index}].authority\` is missing, and ${facts.name} cannot write without one.`;
    const fix = `Write \`authority: keyturn/authorities/${facts.name}\`, the name of the secret with the credential for writing there.`;
    yield { path: [...path, 'authority'], code: 'no-authority', message, fix };
  }
  yield* readerFaults(draft, { index, fields, plugin });
  if (fields.via !== undefined && (facts.awsActions ?? []).length === 0) {
    const message = `${facts.name} does not speak to AWS, so that no role leads to it.`;
    yield { path: [...path, 'via'], code: 'via-unused', message, fix: 'Remove `via`.' };
  }
  const { rotator } = draft;
  if (rotator !== undefined && facts.maximumBytes.can && facts.maximumBytes.bytes < rotator.facts.valueBytes) {
    const message = `${facts.name} takes ${facts.maximumBytes.bytes} bytes, and a token of ${rotator.facts.name} may have ${rotator.facts.valueBytes}.`;
    yield { path, code: 'too-large', message, fix: 'Let it read the secret itself instead of keeping a copy.' };
  }
}

/** Who only reads a copy is started anew after it was written, and who reads the secret itself only after promotion. */
function* readerFaults({ dependents }: TokenDraft, { index, fields, plugin }: DependentDraft): Iterable<Fault> {
  const { readsFrom, name } = plugin?.facts ?? {};
  const path: Path = ['dependents', index];
  const after = fields.after ?? [];
  const isOf = (at: DependentDraft) => at.fields.name !== undefined && after.includes(at.fields.name);
  const before = dependents.filter(isOf);
  if (readsFrom === 'another-place' && !before.some((each) => each.plugin?.facts.readsFrom === undefined)) {
    const message = `\`dependents[${index}]\` reads a copy that another dependent keeps, and its \`after\` names none that keeps one.`;
    const fix = `Name the dependent that keeps the copy in \`after\`; or, if ${name} reads the rotated secret itself, say \`reads: secret\`.`;
    yield { path, code: 'reads-nothing', message, fix };
  }
  if (readsFrom === 'the-secret' && after.length > 0) {
    const message = `\`dependents[${index}]\` reads the rotated secret itself and is started anew after promotion, so that it comes after all others anyway.`;
    yield {
      path: [...path, 'after'],
      code: 'after-unused',
      message,
      fix: 'Remove `after`; or, if it reads a copy, say `reads: copy`.',
    };
  }
  if (readsFrom === 'the-secret') return;
  const late = before.find((each) => each.plugin?.facts.readsFrom === 'the-secret');
  if (late === undefined) return;
  const message = `\`dependents[${index}]\` waits for ${quote(late.fields.name ?? '')}, which has a new token only after promotion.`;
  yield { path: [...path, 'after'], code: 'after-promotion', message, fix: 'Remove it from `after`.' };
}

/** One of its kinds, and one that this place can have. What could not be read is told by its own field. */
function* probeFaults(draft: TokenDraft, { index, fields, plugin }: DependentDraft): Iterable<Fault> {
  const raw = rawDependent(draft, index)['probe'];
  if (typeof raw !== 'object' || raw === null) return;
  const path: Path = ['dependents', index, 'probe'];
  const says = (name: string) => Object.hasOwn(raw, name);
  if (says('route') === says('workflow')) {
    const message = says('route')
      ? 'A probe is either a `route` or a `workflow`.'
      : 'The probe says neither `route` nor `workflow`.';
    yield { path, code: 'probe', message, fix: 'Write `route: https://...` or `workflow: keyturn-probe.yml`.' };
  } else if (says('route') && says('ref')) {
    yield { path: [...path, 'ref'], code: 'probe', message: 'A route has no `ref`.', fix: 'Remove `ref`.' };
  } else if (fields.probe?.workflow !== undefined && plugin !== undefined && plugin.workflows === undefined) {
    const message = `No workflow can be asked about this place of ${plugin.facts.name}.`;
    const fix =
      'Write `route: https://...`. A workflow is asked about a secret for Actions of a repository or an environment on GitHub.';
    yield { path: [...path, 'workflow'], code: 'probe', message, fix };
  }
}

/** What the http door would refuse at every call is told here, before anything is deployed. */
function* addresses({ fields, provider, dependents }: TokenDraft, loopback: LoopbackHosts | undefined): Iterable<Fault> {
  const places: { readonly path: Path; readonly address: unknown; readonly kind: 'base' | 'whole' }[] = [];
  const given = (facts: RotatorFacts | DependentFacts | undefined, values: unknown, path: Path, kind: 'base' | 'whole') => {
    for (const address of [facts?.api, ...(facts?.otherHosts ?? [])]) {
      if (typeof address !== 'object') continue;
      const { field } = address;
      const held = (values as Record<string, unknown> | undefined)?.[field];
      if (!Array.isArray(held)) places.push({ path: [...path, field], address: held, kind });
      else for (const [index, each] of held.entries()) places.push({ path: [...path, field, index], address: each, kind });
    }
  };
  given(provider?.facts, fields.scope, ['scope'], 'base');
  for (const { index, fields: dependent, plugin } of dependents) {
    given(plugin?.facts, dependent.target, ['dependents', index, 'target'], 'whole');
    places.push({ path: ['dependents', index, 'probe', 'route'], address: dependent.probe?.route, kind: 'whole' });
  }
  for (const [index, check] of (fields.checks ?? []).entries()) {
    places.push({ path: ['checks', index, 'url'], address: check?.url, kind: 'whole' });
  }
  for (const { path, address, kind } of places) {
    // What is no address at all is told by its own field.
    if (typeof address !== 'string' || !/^(?:https?|ssh):\/\//.test(address) || !URL.canParse(address)) continue;
    const why = whyNever(address, kind, loopback);
    if (why === undefined) continue;
    const message = `This address would never be called: ${why}.`;
    const fix = 'Write one that begins with https:// and leads to another machine by a name that everybody knows it by.';
    yield { path, code: 'address', message, fix };
  }
}

function* partFaults(draft: TokenDraft, part: string, path: Path): Iterable<Fault> {
  if (part === 'value') {
    yield { path, code: 'copies', message: '`value` is not a part.', fix: 'Write `copies: value`.' };
    return;
  }
  if (!isLayoutKnown(draft)) return;
  const stored = Object.keys(draft.fields.value?.fields ?? {}).filter((each) => each !== 'value');
  if (stored.includes(part)) return;
  const fix = suggest(part, stored, `Add \`${part}: <field>\` to \`value.fields\`, or write \`copies: value\`.`);
  yield { path, code: 'copies', message: `The part ${quote(part)} is not in \`value.fields\`.`, fix };
}

function rawDependent({ sheet }: TokenDraft, index: number): Readonly<Record<string, unknown>> {
  const list = sheet.value['dependents'];
  const raw: unknown = Array.isArray(list) ? list[index] : undefined;
  return typeof raw === 'object' && raw !== null ? (raw as Record<string, unknown>) : {};
}

function suggest(written: string, known: Iterable<string>, otherwise: string): string {
  const meant = didYouMean(written, known);
  return meant === undefined ? otherwise : `Did you mean \`${meant}\`?`;
}

function sentence(text: string): string {
  return text.endsWith('.') ? text : `${text}.`;
}
