import { type ErrorCode, RotationError } from '../engine/errors.ts';

/** The class of an AWS error as the service named it; empty for anything that is not the service's answer. */
export function nameOf(error: unknown): string {
  return error instanceof Error && '$metadata' in error ? error.name : '';
}

export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

export function isThrottled(error: unknown): boolean {
  return ['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'].includes(nameOf(error));
}

/** What is there is just being changed, or is not what the write was meant to go over. */
const conflicts = [
  'ConcurrentModificationException',
  'PreconditionFailedException',
  'ResourceConflictException',
  'TooManyUpdates',
];

/** Anything a client of AWS throws, sorted as the http door sorts. Only the error's class is looked at; its text stays behind. */
export function sortAwsError(who: string, operation: string, error: unknown): RotationError {
  if (error instanceof RotationError) return error;
  const name = nameOf(error);
  const status = statusOf(error);
  const make = (code: ErrorCode, fix: string, definite: boolean) =>
    new RotationError(code, `${who}: ${operation} ${name === '' ? 'got no answer' : `answered ${name}`}`, {
      fix,
      definite,
      ...(status === undefined ? {} : { status }),
    });
  if (isThrottled(error)) return make('limited', 'Nothing to do: it is tried again.', true);
  if (name === 'AccessDeniedException' || name === 'AccessDenied')
    return make('refused', 'Give the role the permissions that the docs page of this plug-in names.', true);
  // Not definite: the SDK may have sent it twice, and then the second try finds what the first has done.
  if (conflicts.includes(name)) return make('conflict', 'Nothing to do: the next attempt looks at what is there.', false);
  if (
    [
      'ResourceNotFoundException',
      'NoSuchEntityException',
      'ParameterNotFound',
      'ServiceNotFoundException',
      'ClusterNotFoundException',
    ].includes(name)
  )
    return make('absent', 'Check the name, region and account in the catalog.', true);
  if (status !== undefined && status >= 400 && status < 500)
    return make('rejected', 'Compare the catalog with what is there.', true);
  return make('uncertain', 'Nothing to do: it is looked at again.', false);
}
