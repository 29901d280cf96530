import { handle, type LambdaContext, type LambdaEvent } from 'hono/aws-lambda';
import { openConsole, turnAway } from '../lib/function/console.ts';
import { guarded } from '../lib/function/guarded.ts';

/** The pages for people, behind an HTTP API. It reads labels, records and the catalog, and no value. */
export const handler = guarded('console', async (event, context) => {
  const refusal = turnAway(event);
  if (refusal !== undefined) return refusal;
  const app = await openConsole();
  return handle(app)(event as LambdaEvent, context as unknown as LambdaContext);
});
