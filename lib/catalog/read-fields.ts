import * as z from 'zod';
import { type Fault, placeOf, type Sheet, writtenAt } from './sheet.ts';
import { didYouMean, inline, listed, type Path, pathText, quote } from './wording.ts';

/** Fields of which some may be missing, because they were not fit to be read. */
export type Partly<T> = T extends readonly (infer Each)[]
  ? readonly (Partly<Each> | undefined)[]
  : T extends object
    ? { readonly [Name in keyof T]?: Partly<T[Name]> }
    : T;

/**
 * Reads as much as fits the schema, and says what does not: one bad field hides none of the others. Objects, lists of objects and
 * records are gone through field by field; anything else is judged as a whole.
 */
export function readFields<Schema extends z.ZodType>(
  schema: Schema,
  sheet: Sheet,
  raw: unknown,
  path: Path = [],
): { readonly fields: Partly<z.infer<Schema>> | undefined; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const fields = descend(schema, raw, path);
  return { fields: fields as Partly<z.infer<Schema>> | undefined, faults };

  function descend(outer: z.ZodType, value: unknown, here: Path): unknown {
    const inner = unwrapped(outer);
    const isGroup = typeof value === 'object' && value !== null && !Array.isArray(value);
    if (inner instanceof z.ZodObject && isGroup) return descendObject(inner, value as Record<string, unknown>, here);
    if (inner instanceof z.ZodRecord && isGroup) return descendRecord(inner, value as Record<string, unknown>, here);
    if (inner instanceof z.ZodArray && unwrapped(inner.element as z.ZodType) instanceof z.ZodObject && Array.isArray(value)) {
      return value.map((each, index) => descend(inner.element as z.ZodType, each, [...here, index]));
    }
    const read = judge(outer, sheet, value, here, 'The example catalog of Keyturn shows how it is written.');
    faults.push(...read.faults);
    return read.value;
  }

  function descendObject(object: z.ZodObject, value: Record<string, unknown>, here: Path): unknown {
    const shape: Record<string, z.ZodType> = object.shape as Record<string, z.ZodType>;
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(shape, name)) faults.push(unknownField(name, Object.keys(shape), here));
    }
    const known = Object.entries(shape).map(([name, each]) => {
      const present = Object.hasOwn(value, name) ? value[name] : undefined;
      return [name, descend(each, present, [...here, name])] as const;
    });
    return Object.fromEntries(known.filter(([, each]) => each !== undefined));
  }

  function descendRecord(record: z.ZodRecord, value: Record<string, unknown>, here: Path): unknown {
    return Object.fromEntries(
      Object.entries(value).map(([name, each]) => {
        const key = (record.keyType as z.ZodType).safeParse(name);
        if (!key.success) faults.push(wrongName([...here, name], key.error.issues));
        return [name, descend(record.valueType as z.ZodType, each, [...here, name])];
      }),
    );
  }
}

/** Judges a value by a schema as a whole, also one of a plug-in. A schema that throws is a fault like any other. */
export function judge(
  schema: z.ZodType,
  sheet: Sheet,
  raw: unknown,
  path: Path,
  lastAdvice: string,
): { readonly value: unknown; readonly faults: readonly Fault[] } {
  try {
    const parsed = schema.safeParse(raw);
    if (parsed.success) return { value: parsed.data, faults: [] };
    const context: Context = { schema, sheet, raw, path, lastAdvice };
    return { value: undefined, faults: parsed.error.issues.flatMap((issue) => explain(issue, context)) };
  } catch {
    // Its message may quote what it was given.
    const message = `\`${pathText(path)}\` made the check of its plug-in fail.`;
    return {
      value: undefined,
      faults: [{ path, code: 'plugin', message, fix: 'This is a fault in the plug-in: please report it.' }],
    };
  }
}

/** Whether a schema takes a value, and false where it throws. */
export function accepts(schema: z.ZodType, raw: unknown): boolean {
  try {
    return schema.safeParse(raw).success;
  } catch {
    return false;
  }
}

/** What a schema says about itself at a path, through wrappers, lists, records and unions. */
export function metaAt(schema: z.ZodType, path: Path): Readonly<Record<string, unknown>> {
  return Object.assign({}, ...schemasAt(schema, path).map(metaOf));
}

/** The fields of an object schema that carry a mark in their meta: `user: z.string().meta({ principal: true })`. */
export function markedFields(schema: z.ZodType, mark: string): readonly string[] {
  return fieldNames(schema).filter((name) => metaAt(schema, [name])[mark] === true);
}

// ---------------------------------------------------------------------------------------------------------------- explaining

interface Context {
  readonly schema: z.ZodType;
  readonly sheet: Sheet;
  readonly raw: unknown;
  /** Where the judged value stands in the file. */
  readonly path: Path;
  /** What to say where the schema gives no better advice. */
  readonly lastAdvice: string;
}

function explain(issue: z.core.$ZodIssue, context: Context): readonly Fault[] {
  const inside = issue.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const path = [...context.path, ...inside];
  const value = valueAt(context.raw, inside);
  const subject = `\`${pathText(path)}\``;
  const advice = () => adviceAt(context, inside, path);

  if (issue.code === 'unrecognized_keys') {
    const known = schemasAt(context.schema, inside).flatMap(fieldNames);
    return issue.keys.map((key) => unknownField(key, known, path));
  }
  if (value === undefined) return [{ path, code: 'missing', message: `${subject} is missing.`, fix: advice() }];
  if (value === null || (typeof value === 'string' && value.trim() === '')) {
    return [{ path, code: 'missing', message: `${subject} is empty.`, fix: advice() }];
  }
  switch (issue.code) {
    case 'invalid_type': {
      const written = writtenAt(context.sheet, path);
      const isTextUnquoted = issue.expected === 'string' && typeof value !== 'object' && written !== undefined;
      if (isTextUnquoted) {
        const message = `${subject} must be a text, and without quotes YAML reads ${quote(value)} here.`;
        return [{ path, code: 'type', message, fix: `Put it in quotes: \`${pathEnd(path)}"${written}"\`.` }];
      }
      const message = `${subject} must be ${sorts[issue.expected] ?? 'something else'}, not ${quote(value)}.`;
      return [{ path, code: 'type', message, fix: advice() }];
    }
    case 'invalid_value': {
      const possible = issue.values.map(String);
      const message = `${subject} must be ${listed(possible, 'or')}, not ${quote(value)}.`;
      const meant = typeof value === 'string' ? didYouMean(value, possible) : undefined;
      return [
        {
          path,
          code: 'choice',
          message,
          fix:
            meant === undefined
              ? `Write \`${pathEnd(path)}${possible[0]}\`${possible.length > 1 ? ', or another of them' : ''}.`
              : `Did you mean \`${meant}\`?`,
        },
      ];
    }
    case 'invalid_key':
      return [wrongName(path, issue.issues)];
    case 'too_small':
    case 'too_big': {
      const limit = issue.code === 'too_small' ? `at least ${issue.minimum}` : `at most ${issue.maximum}`;
      const unit = typeof value === 'string' ? ' characters' : Array.isArray(value) ? ' of them' : '';
      const held = typeof value === 'string' ? `${value.length}` : Array.isArray(value) ? `${value.length}` : quote(value);
      const message = isOurs(issue.message) ? `${subject} ${issue.message}.` : `${subject} must be ${limit}${unit}, not ${held}.`;
      return [{ path, code: 'range', message, fix: advice() }];
    }
    case 'invalid_union': {
      if (isOurs(issue.message)) return [{ path, code: 'form', message: `${subject} ${issue.message}.`, fix: advice() }];
      const nearest = [...issue.errors].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
      const isInside = depth(nearest) > 0;
      if (isInside) return nearest.flatMap((each) => explain({ ...each, path: [...issue.path, ...each.path] }, context));
      return [{ path, code: 'form', message: `${subject} has none of the forms that are possible here.`, fix: advice() }];
    }
    default: {
      const form = isOurs(issue.message)
        ? issue.message
        : (forms[issue.code === 'invalid_format' ? issue.format : ''] ?? 'does not have the right form');
      const held =
        typeof value === 'string' && issue.code === 'invalid_format' && form.startsWith('must') ? `, not ${quote(value)}` : '';
      return [{ path, code: 'form', message: `${subject} ${form}${held}.`, fix: advice() }];
    }
  }
}

/** The name of an entry that may have many names, but not this one. */
function wrongName(path: Path, [issue]: readonly z.core.$ZodIssue[]): Fault {
  const form = issue?.message ?? '';
  const message = `The name ${quote(path.at(-1))} ${isOurs(form) ? form : 'is too long'}.`;
  return { path, on: 'name', code: 'form', message, fix: 'Choose another name.' };
}

function unknownField(name: string, known: readonly string[], path: Path): Fault {
  const whole = pathText([...path, name]);
  const meant = didYouMean(name, known);
  const possible = known.length > 0 && known.length <= 12 ? ` Possible here: ${known.join(', ')}.` : '';
  return {
    path: [...path, name],
    on: 'name',
    code: 'unknown-field',
    message: `There is no field \`${whole}\`.`,
    fix: meant === undefined ? `Remove it.${possible}` : `Did you mean \`${meant}\`?`,
    ...(meant === undefined ? {} : { instead: [...path, meant] }),
  };
}

const sorts: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a group of fields',
  record: 'a group of fields',
};

const forms: Readonly<Record<string, string>> = {
  url: 'must be an address such as https://example.com/',
  email: 'must be an e-mail address',
  date: 'must be a date: year-month-day',
  uuid: 'must be a UUID',
};

function adviceAt({ schema, sheet, lastAdvice }: Context, inside: Path, path: Path): string {
  const { examples, description } = metaAt(schema, inside);
  const says = typeof description === 'string' ? ` ${description}` : '';
  const example = Array.isArray(examples) ? inline(examples[0]) : undefined;
  if (example === undefined && says === '') return lastAdvice;
  // Where the group around it is missing too, the advice brings the group along.
  const groups: string[] = [];
  for (let outer = path.slice(0, -1); outer.length > 0 && !placeOf(sheet, outer).isExact; outer = outer.slice(0, -1)) {
    groups.unshift(`${pathEnd(outer)}{ `);
  }
  const written = `${groups.join('')}${pathEnd(path)}${example ?? '…'}${' }'.repeat(groups.length)}`;
  return `Write ${example === undefined ? '' : 'for example '}\`${written}\`.${says}`;
}

function pathEnd(path: Path): string {
  const last = path.at(-1);
  return typeof last === 'string' ? `${pathText([last])}: ` : '- ';
}

/** Texts that a schema's author wrote, unlike zod's own, which say less than we can. */
function isOurs(message: string): boolean {
  return message !== '' && !/^(Invalid|Too (big|small)|Unrecognized)/.test(message);
}

function depth(issues: readonly z.core.$ZodIssue[]): number {
  return Math.max(0, ...issues.map(({ path, code }) => path.length + (code === 'unrecognized_keys' ? 1 : 0)));
}

function valueAt(raw: unknown, path: Path): unknown {
  return path.reduce<unknown>((value, step) => {
    const isThere = typeof value === 'object' && value !== null && Object.hasOwn(value, step);
    return isThere ? (value as Record<string | number, unknown>)[step] : undefined;
  }, raw);
}

// ---------------------------------------------------------------------------------------------------------------- looking into schemas

function schemasAt(schema: z.ZodType, path: Path): readonly z.ZodType[] {
  const inner = unwrapped(schema);
  const [step, ...rest] = path;
  if (step === undefined) return [schema];
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => schemasAt(option as z.ZodType, path));
  if (inner instanceof z.ZodObject && Object.hasOwn(inner.shape, step)) return schemasAt(inner.shape[step], rest);
  if (inner instanceof z.ZodRecord) return schemasAt(inner.valueType as z.ZodType, rest);
  if (inner instanceof z.ZodArray) return schemasAt(inner.element as z.ZodType, rest);
  return [];
}

function fieldNames(schema: z.ZodType): readonly string[] {
  const inner = unwrapped(schema);
  if (inner instanceof z.ZodUnion) return inner.options.flatMap((option) => fieldNames(option as z.ZodType));
  return inner instanceof z.ZodObject ? Object.keys(inner.shape) : [];
}

function unwrapped(schema: z.ZodType): z.ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly)
    return unwrapped(schema.unwrap() as z.ZodType);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrapped(schema.def.innerType as z.ZodType);
  if (schema instanceof z.ZodPipe) return unwrapped(schema.in as z.ZodType);
  return schema;
}

/** Its own words, or those of what it wraps: `.meta(…).optional()` says it inside. */
function metaOf(schema: z.ZodType): Record<string, unknown> {
  const inner = unwrapped(schema);
  return { ...(inner === schema ? {} : inner.meta()), ...schema.meta() };
}
