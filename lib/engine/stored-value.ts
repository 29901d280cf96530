import { applyEdits, modify, type Node, type ParseError, parseTree } from 'jsonc-parser';
import type { Credential } from './contract.ts';
import { RotationError } from './errors.ts';
import { Secret } from './secret.ts';

/**
 * How a credential stands in the secret: as the bare value, or as a JSON object whose field names the catalog chooses
 * (`value` and the provider's part names on the left, the object's field names on the right).
 */
export type ValueLayout =
  | { readonly format: 'text' }
  | { readonly format: 'json'; readonly fields: Readonly<Record<string, string>> };

/** What Secrets Manager takes. */
export const maximumStoredBytes = 65_536;

/**
 * The text to store. Fields that people added to the value before are carried along to the letter, in their order.
 * Throws `value-shape` or `too-large`.
 */
export function encodeStored(layout: ValueLayout, credential: Credential, before: Secret | undefined): Secret {
  const text = layout.format === 'text' ? credential.value.reveal() : encodeJson(layout.fields, credential, before);
  const stored = new Secret(text);
  if (stored.bytes > maximumStoredBytes) {
    throw new RotationError(
      'too-large',
      `keyturn: the value would take ${stored.bytes} bytes and Secrets Manager takes ${maximumStoredBytes}`,
      {
        fix: 'Move fields that are not part of this token out of the secret into one of their own.',
        definite: true,
      },
    );
  }
  return stored;
}

/** The credential in a stored text. Throws `value-shape`, naming the field that is missing and nothing of what is there. */
export function decodeStored(layout: ValueLayout, stored: Secret): Credential {
  if (layout.format === 'text') {
    if (stored.bytes === 0) throw misshapen('is empty');
    return { value: stored, parts: {} };
  }
  const properties = topLevel(stored);
  const read = (part: string, field: string) => {
    const node = properties.get(field);
    if (node?.type !== 'string' || node.value === '') throw misshapen(`has no text in the field \`${field}\``, part);
    return new Secret(node.value as string);
  };
  const { value = 'value', ...parts } = layout.fields;
  return {
    value: read('value', value),
    parts: Object.fromEntries(Object.entries(parts).map(([part, field]) => [part, read(part, field)])),
  };
}

/** Whether two stored texts hold the same token; one of another shape holds none. */
export function holdSame(layout: ValueLayout, one: Secret, other: Secret): boolean {
  try {
    return decodeStored(layout, one).value.equals(decodeStored(layout, other).value);
  } catch {
    return false;
  }
}

/** Whether a text can take the fields at all: what can fail fails before anything is minted. */
export function assertCarriable(layout: ValueLayout, before: Secret | undefined): void {
  if (layout.format === 'json' && before !== undefined) topLevel(before);
}

/**
 * Whether the text still fits when the value in it is as long as it may become: what Secrets Manager would refuse after minting is refused
 * before. Throws `too-large`.
 */
export function assertStorable(layout: ValueLayout, valueBytes: number, before: Secret | undefined): void {
  if (layout.format === 'text' || before === undefined || before.bytes + valueBytes <= maximumStoredBytes / 2) return;
  const kept = (field: string) => readJsonField(before, field) ?? new Secret('');
  const parts = Object.entries(layout.fields).map(([part, field]): [string, Secret] => [part, kept(field)]);
  encodeStored(layout, { value: new Secret('x'.repeat(valueBytes)), parts: Object.fromEntries(parts) }, before);
}

/** Sets one field of a JSON object and leaves every other character as it was. Throws `value-shape`. */
export function setJsonField(before: Secret, field: string, value: Secret): Secret {
  topLevel(before);
  return new Secret(applyEdits(before.reveal(), modify(before.reveal(), [field], value.reveal(), {})));
}

/** One field of a JSON object as text, or undefined where it is missing or no text. Throws `value-shape`. */
export function readJsonField(stored: Secret, field: string): Secret | undefined {
  const node = topLevel(stored).get(field);
  return node?.type === 'string' ? new Secret(node.value as string) : undefined;
}

function encodeJson(fields: Readonly<Record<string, string>>, credential: Credential, before: Secret | undefined): string {
  let text = before === undefined ? new Secret('{}') : before;
  for (const [part, field] of Object.entries(fields)) {
    const value = part === 'value' ? credential.value : credential.parts[part];
    if (value === undefined) {
      throw new RotationError('catalog', `keyturn: value.fields names the part \`${part}\`, which the provider did not issue`, {
        fix: `Remove \`${part}\` from \`value.fields\`.`,
        definite: true,
      });
    }
    text = setJsonField(text, field, value);
  }
  return text.reveal();
}

// A tree and not an object: numbers keep their digits, `__proto__` is a name like any other, and a name that stands twice can be seen.
function topLevel(stored: Secret): ReadonlyMap<string, Node> {
  let root: Node | undefined;
  const errors: ParseError[] = [];
  try {
    root = parseTree(stored.reveal(), errors, { disallowComments: true, allowTrailingComma: false });
  } catch {
    throw misshapen('is nested too deeply'); // the parser's stack ended
  }
  if (errors.length > 0 || root?.type !== 'object') throw misshapen('is not a JSON object');
  const properties = new Map<string, Node>();
  for (const property of root.children ?? []) {
    const [name, value] = property.children ?? [];
    if (name === undefined || value === undefined) throw misshapen('is not a JSON object');
    if (properties.has(name.value)) throw misshapen('names one of its fields twice');
    properties.set(name.value, value);
  }
  return properties;
}

function misshapen(how: string, part?: string): RotationError {
  return new RotationError(
    'value-shape',
    `keyturn: the stored value ${how}${part ? `, where the catalog puts \`${part}\`` : ''}`,
    {
      fix: 'Put the value right in Secrets Manager, or change `value:` in the catalog to what is stored.',
      definite: true,
    },
  );
}
