import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { JsonService } from './aws-endpoint.ts';
import { AwsError } from './aws-error.ts';

/** An event as it was put on the bus. */
export interface BusEvent {
  readonly source: string;
  readonly detailType: string;
  readonly detail: Readonly<Record<string, unknown>>;
}

const entry = z.object({ Source: z.string().optional(), DetailType: z.string().optional(), Detail: z.string().optional() });
const input = z.object({ Entries: z.array(entry).min(1) });

/** EventBridge's PutEvents: up to ten entries, and a 200 with the failures inside. */
export function eventBusService(onEvent: (event: BusEvent) => void): JsonService {
  return {
    async handle(operation, raw) {
      if (operation !== 'PutEvents') throw new AwsError('UnknownOperationException', '');
      const parsed = input.safeParse(raw);
      if (!parsed.success || parsed.data.Entries.length > 10)
        throw new AwsError('ValidationException', 'Entries must have 1 to 10 members.');
      const entries = parsed.data.Entries.map(({ Source, DetailType, Detail }) => {
        if (!Source || !DetailType || Detail === undefined)
          return { ErrorCode: 'InvalidArgument', ErrorMessage: 'A parameter is missing.' };
        const detail = objectOf(Detail);
        if (detail === undefined) return { ErrorCode: 'MalformedDetail', ErrorMessage: 'Detail is malformed.' };
        onEvent({ source: Source, detailType: DetailType, detail });
        return { EventId: randomUUID() };
      });
      return { FailedEntryCount: entries.filter((each) => 'ErrorCode' in each).length, Entries: entries };
    },
  };
}

function objectOf(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}
