import { adopt } from '../lib/engine/adopt.ts';
import { parseEvent, type Request } from '../lib/engine/event.ts';
import { createAuthorityCache, openToken } from '../lib/engine/open-token.ts';
import { rotate } from '../lib/engine/rotate.ts';
import { trySubmission } from '../lib/engine/submission.ts';
import { sweepJobs } from '../lib/engine/sweep-jobs.ts';
import { tryVersion } from '../lib/engine/try-version.ts';
import { whose } from '../lib/engine/whose.ts';
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
  if (request.kind === 'step') return rotate(open, request.step, request.job);
  if (request.kind === 'adopt') return adopt(open, secretArn, request.ref);
  if (request.kind === 'whose') return whose(open, secretArn, request.digest);
  if (request.kind === 'judge') return trySubmission(open, secretArn);
  if (request.kind === 'try') return tryVersion(open, secretArn, request.versionId);
  return sweepJobs[request.kind](open, secretArn);
}
