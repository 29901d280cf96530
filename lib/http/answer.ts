import type * as z from 'zod';
import type { HttpAnswer } from '../engine/contract.ts';
import { type Call, malformed } from './call.ts';
import { spelled } from './spelled.ts';

/** Nothing that a provider sends may be larger, unpacked. */
export const maximumBodyBytes = 1024 * 1024;

/** The body as it comes, given up as soon as it is too large. */
export async function readCapped(call: Call, { body }: Response): Promise<Uint8Array> {
  if (body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return Buffer.concat(chunks);
    bytes += value.byteLength;
    if (bytes > maximumBodyBytes) {
      giveUp(reader);
      throw malformed(call, `an answer of more than ${maximumBodyBytes} bytes`);
    }
    chunks.push(value);
  }
}

/** Ends a body that nobody reads, and its connection with it. */
export function giveUp(body: { cancel(): Promise<unknown> } | null): void {
  body?.cancel().catch(() => {}); // not waited for: the other side may keep us waiting
}

/** Holds the body where neither `inspect` nor JSON sees it. */
export function toAnswer(call: Call, { status, headers }: Response, body: Uint8Array): HttpAnswer {
  return {
    status,
    header: (name) => headers.get(name) ?? undefined,
    json: <T>(schema: z.ZodType<T>): T => {
      const parsed = parseJson(call, body);
      let checked: z.ZodSafeParseResult<T>;
      try {
        checked = schema.safeParse(parsed);
      } catch {
        throw malformed(call, 'an answer that its schema cannot read'); // what a schema's own code threw may hold the answer
      }
      if (checked.success) return checked.data;
      const fields = checked.error.issues.map(({ path }) => `\`${spelled(schema, path) || '(all of it)'}\``);
      throw malformed(call, `an answer without a proper ${[...new Set(fields)].slice(0, 5).join(', ')}`);
    },
  };
}

// The content type is not asked: some send JSON as text or HTML, and HTML as JSON.
function parseJson(call: Call, body: Uint8Array): unknown {
  if (body.byteLength === 0) throw malformed(call, 'an empty answer');
  try {
    // Without its byte order mark; and a token in another encoding must not turn into something that only looks like it.
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return JSON.parse(text, (name, value) => (name === '__proto__' ? undefined : value));
  } catch {
    throw malformed(call, 'an answer that is not JSON'); // the parser's error holds the text
  }
}
