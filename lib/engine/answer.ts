import { adopt } from './adopt.ts';
import type { Request } from './event.ts';
import type { OpenToken } from './open-token.ts';
import { rotate } from './rotate.ts';
import { trySubmission } from './submission.ts';
import { sweepJobs } from './sweep-jobs.ts';
import { tryVersion } from './try-version.ts';
import { whose } from './whose.ts';

/** Does what a provider's function is asked for, and answers what came of it. Nothing that it answers holds a value. */
export async function answer(open: OpenToken, request: Request): Promise<unknown> {
  if (request.kind === 'step') return rotate(open, request.step, request.job);
  const { secretArn } = request;
  if (request.kind === 'adopt') return adopt(open, secretArn, request.ref);
  if (request.kind === 'whose') return whose(open, secretArn, request.digest);
  if (request.kind === 'judge') return trySubmission(open, secretArn);
  if (request.kind === 'try') return tryVersion(open, secretArn, request.versionId);
  return sweepJobs[request.kind](open, secretArn);
}
