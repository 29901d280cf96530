import type * as z from 'zod';

/**
 * A path into an answer as the schema spells it: `items.3.key`. What the schema does not name came with the answer (a key of a record) and
 * may be anything; it becomes `*`.
 */
export function spelled(schema: z.core.$ZodType, path: readonly PropertyKey[]): string {
  let places: readonly z.core.$ZodType[] = [schema];
  return path
    .map((step) => {
      places = places.flatMap(opened).flatMap((place) => inside(place, step));
      return places.length === 0 ? '*' : String(step);
    })
    .join('.');
}

/** What zod tells of the inside of a schema, whichever kind it is. */
interface Inside {
  readonly shape?: Readonly<Record<string, z.core.$ZodType>>;
  readonly element?: z.core.$ZodType;
  readonly items?: readonly z.core.$ZodType[];
  readonly innerType?: z.core.$ZodType;
  readonly in?: z.core.$ZodType;
  readonly out?: z.core.$ZodType;
  readonly left?: z.core.$ZodType;
  readonly right?: z.core.$ZodType;
  readonly options?: readonly z.core.$ZodType[];
  readonly getter?: () => z.core.$ZodType;
}

function inside(schema: z.core.$ZodType, step: PropertyKey): readonly z.core.$ZodType[] {
  const { shape, element, items } = schema._zod.def as Inside;
  if (typeof step === 'number') return [element, items?.[step]].filter((each) => each !== undefined);
  const field = shape !== undefined && Object.hasOwn(shape, step) ? shape[String(step)] : undefined;
  return field === undefined ? [] : [field];
}

/** Without what is wrapped around it: optional, nullable, a default, a union. */
function opened(schema: z.core.$ZodType): readonly z.core.$ZodType[] {
  const { innerType, in: before, out, left, right, options = [], getter } = schema._zod.def as Inside;
  const wrapped = [innerType, before, out, left, right, ...options, getter?.()].filter((each) => each !== undefined);
  return wrapped.length === 0 ? [schema] : wrapped.flatMap(opened);
}
