import { RotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';

// Texts of the catalog in which names in double braces stand for what is only known when a request is made: `/keys/{{ref}}`.

/** What may be named at a place: `variables.*` stands for every name that begins so. */
export type Vocabulary = Readonly<Record<string, 'plain' | 'secret'>>;

/** What the names stand for now. Undefined: there is none this time. */
export type Values = Readonly<Record<string, string | number | Secret | undefined>>;

/** Where a template stands: what is secret has no business in an address, which every proxy and log on the way writes down. */
type Spot = 'address' | 'elsewhere';

type Piece = { readonly literal: string } | { readonly name: string };

/** Why a text is no template that can be used here, as the end of a sentence that begins with where it stands. */
export function faultInTemplate(text: string, vocabulary: Vocabulary, spot: Spot = 'elsewhere'): string | undefined {
  const names = namesIn(text);
  if (/\{\{|\}\}/.test(text.replace(placeholder, ''))) return 'must close each `{{` with `}}`, around one name such as `{{ref}}`';
  for (const name of names) {
    const kind = kindOf(name, vocabulary);
    if (kind === undefined)
      return `names \`${name}\`, and here there are only ${Object.keys(vocabulary).join(', ') || 'no names at all'}`;
    if (kind === 'secret' && spot === 'address') return `holds \`${name}\`, which is secret: put it into a header or the body`;
    if (kind === 'secret' && name.endsWith(asNumber)) return `holds \`${name}\`, and what is secret is no number`;
  }
  return undefined;
}

/** The names in a text, each as often as it stands there. */
export function namesIn(text: string): readonly string[] {
  return [...text.matchAll(placeholder)].map(([, name = '']) => name);
}

/** A text for a header or a field of a form: a Secret as soon as anything in it is one. Undefined where something that it names is not there. */
export function fill(text: string, values: Values): string | Secret | undefined {
  const found = piecesOf(text).map((piece) => ('literal' in piece ? piece.literal : foundFor(piece.name, values)));
  if (found.some((each) => each === undefined)) return undefined;
  const plain = found.map((each) => (each instanceof Secret ? each.reveal() : String(each))).join('');
  return found.some((each) => each instanceof Secret) ? new Secret(plain) : plain;
}

/** A path or address: each value becomes one segment, or a part of one, whatever it holds. */
export function fillAddress(text: string, values: Values): string {
  return piecesOf(text)
    .map((piece) => {
      if ('literal' in piece) return piece.literal;
      const value = foundFor(piece.name, values);
      // An empty one would name what is around it: DELETE /tokens/ is not DELETE /tokens/{{ref}}.
      if (value === undefined || value === '' || value instanceof Secret) throw unfit(piece.name);
      return encodeURIComponent(value);
    })
    .join('');
}

/** A body: the same tree, with its texts filled in. A text that is one name alone keeps the sort of its value; what is not there is null. */
export function fillTree(tree: unknown, values: Values): unknown {
  if (typeof tree === 'string') {
    const [piece, ...more] = piecesOf(tree);
    const isAlone = piece !== undefined && 'name' in piece && more.length === 0;
    return (isAlone ? foundFor(piece.name, values) : fill(tree, values)) ?? null;
  }
  if (Array.isArray(tree)) return tree.map((each) => fillTree(each, values));
  if (typeof tree !== 'object' || tree === null) return tree;
  return Object.fromEntries(Object.entries(tree).map(([name, each]) => [name, fillTree(each, values)]));
}

/** Every text of a tree, with the way to it. */
export function* textsIn(
  tree: unknown,
  path: readonly (string | number)[] = [],
): Iterable<{ readonly text: string; readonly path: readonly (string | number)[] }> {
  if (typeof tree === 'string') yield { text: tree, path };
  if (typeof tree !== 'object' || tree === null) return;
  for (const [name, each] of Object.entries(tree)) yield* textsIn(each, [...path, Array.isArray(tree) ? Number(name) : name]);
}

/** Values under a common beginning: `variables.station`. */
export function under(beginning: string, values: Readonly<Record<string, string | Secret>>): Values {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`${beginning}.${name}`, value]));
}

const placeholder = /\{\{ *([A-Za-z][\w.-]*) *\}\}/g;
const asNumber = '.number';

function piecesOf(text: string): readonly Piece[] {
  // Split by its one group, a pattern puts what it found between what stood around it.
  const pieces = text.split(placeholder).map((each, index): Piece => (index % 2 === 0 ? { literal: each } : { name: each }));
  return pieces.length === 1 ? pieces : pieces.filter((piece) => !('literal' in piece) || piece.literal !== '');
}

function kindOf(name: string, vocabulary: Vocabulary): 'plain' | 'secret' | undefined {
  const own = (each: string) => (Object.hasOwn(vocabulary, each) ? vocabulary[each] : undefined);
  const bare = name.endsWith(asNumber) ? name.slice(0, -asNumber.length) : name;
  const group = /^([^.]+)\.[^.]+$/.exec(bare)?.[1];
  return own(name) ?? own(bare) ?? (group === undefined ? undefined : own(`${group}.*`));
}

function foundFor(name: string, values: Values): Values[string] {
  if (Object.hasOwn(values, name)) return values[name];
  const bare = name.endsWith(asNumber) ? name.slice(0, -asNumber.length) : name;
  const value = Object.hasOwn(values, bare) ? values[bare] : undefined;
  if (value === undefined || bare === name) return value;
  const number = Number(value);
  if (value === '' || !Number.isSafeInteger(number)) throw unfit(name);
  return number;
}

/** Where the catalog was checked, it comes from what a service answered earlier. */
function unfit(name: string): RotationError {
  return new RotationError('catalog', `http: what \`${name}\` stands for does not fit where the catalog puts it`, {
    fix: 'Compare the pointers under `out` with what the service really answers, and where the name is used.',
    definite: true,
  });
}
