import { readIndex } from '../lib/function/catalog.ts';
import { answerFeed } from '../lib/function/feed.ts';
import { guarded } from '../lib/function/guarded.ts';
import { openSweepPorts } from '../lib/function/ports.ts';

/** Answers the calendar of a person or a team to whoever has its signed address. */
export const handler = guarded('calendar', async (event, context) => {
  const index = readIndex();
  const providers = [...new Set(index.tokens.map(({ provider }) => provider))];
  const ports = await openSweepPorts(context, providers);
  return answerFeed(event, index, { ...ports, keyId: process.env.KEYTURN_CALENDAR_KEY ?? '' });
});
