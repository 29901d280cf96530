import { answer } from '../lib/engine/answer.ts';
import { parseEvent, type Request } from '../lib/engine/event.ts';
import { createAuthorityCache, openToken } from '../lib/engine/open-token.ts';
import { findToken } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { readMessages, workOff } from '../lib/function/messages.ts';
import { type FunctionContext, openLog, openPorts } from '../lib/function/ports.ts';
import { registry } from '../lib/plugin/registry.ts';

const authorities = createAuthorityCache();

/** One provider's function: the steps that Secrets Manager asks for, what people ask by the commands, and the jobs in its queue. */
export const handler = guarded('rotate', async (event, context) => {
  const messages = readMessages(event);
  if (messages === undefined) return act(parseEvent(event, context.invokedFunctionArn), context);
  const installation = process.env.KEYTURN_INSTALLATION ?? 'keyturn';
  return workOff(messages, (job) => act(job, context), { ...(await openLog()), installation });
});

async function act(request: Request, context: FunctionContext): Promise<unknown> {
  const secretArn = request.kind === 'step' ? request.job.secretArn : request.secretArn;
  const { token, ...fixed } = findToken(secretArn, context.invokedFunctionArn);
  const open = await openToken(await openPorts(context, fixed), registry, authorities, token);
  return answer(open, request);
}
