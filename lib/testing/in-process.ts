import { AwsError } from '../local/aws-error.ts';
import type { SecretsManager } from '../local/secrets-manager/service.ts';

/** A command of the real SDK, as its clients get it. */
interface Command {
  readonly input: object;
}

/**
 * Stands in for the SDK's Secrets Manager client and calls the embedded service directly: the same commands, answers and errors, without
 * the wire. `around` sees each call, and may fail it before or after its effect.
 */
export function inProcessClient(
  service: SecretsManager,
  around: (operation: string, input: object, effect: () => object) => Promise<object> = async (_operation, _input, effect) =>
    effect(),
) {
  return {
    async send(command: Command): Promise<never> {
      const operation = command.constructor.name.replace(/Command$/, '');
      const answer = await around(operation, command.input, () => callAsSdk(service, operation, command.input));
      return answer as never;
    },
  };
}

function callAsSdk(service: SecretsManager, operation: string, input: object): object {
  try {
    const answer = service.call(operation, input);
    return Object.fromEntries(
      Object.entries(answer).map(([name, value]) => [
        name,
        name.endsWith('Date') && typeof value === 'number' ? new Date(value * 1000) : value,
      ]),
    );
  } catch (error) {
    if (error instanceof AwsError) throw awsError(error.code, error.httpStatus, error.message);
    throw error;
  }
}

/** An error as the SDK throws it: the service's own when there is a status, else one of the network. */
export function awsError(name: string, httpStatusCode: number | undefined, message = ''): Error {
  const error = new Error(message);
  error.name = name;
  return httpStatusCode === undefined ? error : Object.assign(error, { $metadata: { httpStatusCode } });
}
