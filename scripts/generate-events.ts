import * as z from 'zod';
import { eventSchemas } from '../lib/alerts/events.ts';
import type { Artifact } from './generate.ts';

// docs/events.md, from the schemas that events are read and written by.

interface Field {
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly format?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Field>>;
  readonly required?: readonly string[];
  readonly items?: Field;
  readonly anyOf?: readonly Field[];
}

/** Events that say the same share one table. */
export function eventsPage(note: string): Artifact {
  const groups = new Map<string, { names: string[]; schema: Field }>();
  for (const [name, zod] of Object.entries(eventSchemas)) {
    const schema = z.toJSONSchema(zod, { io: 'input' }) as unknown as Field;
    const key = JSON.stringify(schema.properties);
    const group = groups.get(key) ?? { names: [], schema };
    group.names.push(`| \`${name}\` | ${schema.description} |`);
    groups.set(key, group);
  }
  const sections = [...groups.values()].map(({ names, schema }) => {
    const rows = fieldsOf(schema, '').map(([name, type, says]) => `| \`${name}\` | ${type} | ${says} |`);
    return `| detail-type | what it says |\n| --- | --- |\n${names.join('\n')}\n\n| \`detail\` | | |\n| --- | --- | --- |\n${rows.join('\n')}`;
  });
  const text = `${note}
# Events

Everything that Keyturn does, and all that it tells people, is on an EventBridge bus of the name of the installation (\`keyturn\`), with the source
\`keyturn\`. A webhook of a team gets the same: \`{"type": <detail-type>, "timestamp": <at>, "data": <detail>}\`. No event holds a value of a secret.

Events may come twice and in any order: \`id\` is the same for the same event, and none has to arrive for Keyturn to be right. A field in
brackets may be missing. Fields that you do not know are to be passed over: within a version there may be more of them one day.

\`\`\`
aws events put-rule --name what-keyturn-tells --event-bus-name keyturn --event-pattern '{"source": ["keyturn"], "detail-type": ["alert.opened"]}'
\`\`\`

${sections.join('\n\n')}
`;
  return { path: 'docs/events.md', text };
}

type Row = readonly [name: string, type: string, says: string];

function fieldsOf({ properties = {}, required = [] }: Field, prefix: string): readonly Row[] {
  return Object.entries(properties).flatMap(([name, field]) => {
    const full = required.includes(name) ? `${prefix}${name}` : `[${prefix}${name}]`;
    const inner = field.items ?? field;
    const below = `${prefix}${name}${field.items === undefined ? '' : '[]'}.`;
    const nested = inner.anyOf === undefined ? fieldsOf(inner, below) : merged(inner.anyOf.map((each) => fieldsOf(each, below)));
    return [[full, typeOf(field), field.description ?? ''], ...nested];
  });
}

/** The fields of several forms as of one: each may have any of its types, and may be missing where one form lacks it. */
function merged(forms: readonly (readonly Row[])[]): readonly Row[] {
  const names = [...new Set(forms.flat().map(([name]) => name))];
  return names.map((name) => {
    const rows = forms.flatMap((form) => form.filter(([each]) => each === name));
    const types = [...new Set(rows.map(([, type]) => type))].join(', ');
    return [rows.length < forms.length ? `[${name}]` : name, types, rows[0]?.[2] ?? ''];
  });
}

function typeOf({ type, const: only, enum: choices, format, items, anyOf }: Field): string {
  if (only !== undefined) return `\`${String(only)}\``;
  if (choices !== undefined) return choices.map((each) => `\`${String(each)}\``).join(', ');
  if (items !== undefined) return 'list';
  if (anyOf !== undefined) return 'object';
  return { 'date-time': 'moment, ISO 8601 in UTC', date: 'day' }[format ?? ''] ?? type ?? '';
}
