import * as z from 'zod';
import type { Catalog } from './catalog.ts';
import { directorySchema, freezesSchema, parse, scheduleSchema, some, tokenSchema } from './compiled.ts';

// The whole catalog as it travels with the console: with everything that people wrote for people. It goes with no other function.

const text = z.string();

const wholeSchema = z.strictObject({
  version: z.literal(1),
  people: z.record(some, z.strictObject({ name: some, email: some, phone: text.optional(), left: text.optional() })),
  teams: directorySchema.shape.teams,
  alerts: directorySchema.shape.alerts,
  freezes: freezesSchema,
  entries: z.array(
    z.strictObject({
      token: tokenSchema,
      file: text,
      description: text,
      stopsWhenItFails: text,
      owner: some,
      backup: some,
      team: some.optional(),
      account: z.strictObject({ signIn: text, administrator: some, secondFactor: text, recovery: text }),
      schedule: scheduleSchema,
      isAdopted: z.boolean(),
      needs: z.strictObject({
        isAssisted: z.boolean(),
        hosts: z.array(some),
        aws: z.array(z.strictObject({ actions: z.array(some), resources: z.array(some) })),
      }),
      consumers: z.array(z.strictObject({ name: some, cacheHours: z.number(), reads: text.optional() })),
      runbook: text.optional(),
    }),
  ),
});

/** The same catalog always gives the same text. */
export function compileWhole({ people, teams, alerts, freezes, entries }: Catalog): object {
  const sorted = (map: ReadonlyMap<string, object>) => Object.fromEntries([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { version: 1, people: sorted(people), teams: sorted(teams), alerts, freezes, entries };
}

/** Reads what `compileWhole` wrote. Throws `catalog`, naming the field and nothing of what stands there. */
export function parseWhole(json: unknown): Catalog {
  const { people, teams, alerts, freezes, entries } = parse(wholeSchema, json);
  return { people: new Map(Object.entries(people)), teams: new Map(Object.entries(teams)), alerts, freezes, entries } as Catalog;
}
