import { adopt } from '../lib/engine/adopt.ts';
import { parseEvent } from '../lib/engine/event.ts';
import { createAuthorityCache, openToken } from '../lib/engine/open-token.ts';
import { rotate } from '../lib/engine/rotate.ts';
import { sweepJobs } from '../lib/engine/sweep-jobs.ts';
import { tryVersion } from '../lib/engine/try-version.ts';
import { whose } from '../lib/engine/whose.ts';
import { findToken } from '../lib/function/catalog.ts';
import { guarded } from '../lib/function/guarded.ts';
import { openPorts } from '../lib/function/ports.ts';
import { registry } from '../lib/plugin/registry.ts';

const authorities = createAuthorityCache();

/** One provider's function: the steps that Secrets Manager asks for, the jobs of the reconciler, and what people ask by the commands. */
export const handler = guarded('rotate', async (event, context) => {
  const request = parseEvent(event, context.invokedFunctionArn);
  const secretArn = request.kind === 'step' ? request.job.secretArn : request.secretArn;
  const { token, ...fixed } = findToken(secretArn, context.invokedFunctionArn);
  const open = await openToken(await openPorts(context, fixed), registry, authorities, token);
  if (request.kind === 'step') return rotate(open, request.step, request.job);
  if (request.kind === 'adopt') return adopt(open, secretArn, request.ref);
  if (request.kind === 'whose') return whose(open, secretArn, request.digest);
  if (request.kind === 'try') return tryVersion(open, secretArn, request.versionId);
  return sweepJobs[request.kind](open, secretArn);
});
