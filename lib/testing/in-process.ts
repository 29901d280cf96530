import type * as z from 'zod';
import { AwsError } from '../local/aws-error.ts';

/** A command of the real SDK, as its clients get it. */
interface Command {
  readonly input: object;
}

/** Whose key a call was signed with, where it was not the role's. */
export interface AwsCaller {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** A service as a function: the answer as it goes over the wire, or an AwsError. */
export type AwsService = (operation: string, input: object, caller?: AwsCaller) => object;

/** A command's input as it goes over the wire, without what is undefined. What is not of the shape is refused with this code. */
export function commandInput<Input>(shape: z.ZodType<Input>, input: object, refusedAs: string): Input {
  const parsed = shape.safeParse(JSON.parse(JSON.stringify(input)));
  if (parsed.success) return parsed.data;
  throw new AwsError(refusedAs, 'The request is not one of this operation.');
}

/** Sees each call, and may fail it before or after its effect. */
export type AroundAws = (operation: string, input: object, effect: () => object) => Promise<object>;

/** Stands in for a client of the SDK and calls a service directly: the same commands, answers and errors, without the wire. */
export function inProcessClient(service: AwsService, around: AroundAws, caller?: AwsCaller) {
  return {
    async send(command: Command): Promise<never> {
      const operation = command.constructor.name.replace(/Command$/, '');
      const answer = await around(operation, command.input, () => callAsSdk(service, operation, command.input, caller));
      return answer as never;
    },
  };
}

function callAsSdk(service: AwsService, operation: string, input: object, caller?: AwsCaller): object {
  try {
    return Object.fromEntries(
      Object.entries(service(operation, input, caller)).map(([name, value]) => [name, dated(name, value)]),
    );
  } catch (error) {
    if (error instanceof AwsError) throw awsError(error.code, error.httpStatus, error.message);
    throw error;
  }
}

/** On the wire a date is a number of seconds. */
function dated(name: string, value: unknown): unknown {
  if (typeof value === 'number') return /(Date|Time)$|^(created|started|updated)At$/.test(name) ? new Date(value * 1000) : value;
  if (!/^(services|deployments|tasks|service)$/.test(name)) return value;
  return Array.isArray(value) ? value.map(datedWithin) : datedWithin(value);
}

function datedWithin(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, dated(name, each)]));
}

/** An error as the SDK throws it: the service's own when there is a status, else one of the network. */
export function awsError(name: string, httpStatusCode: number | undefined, message = ''): Error {
  const error = new Error(message);
  error.name = name;
  return httpStatusCode === undefined ? error : Object.assign(error, { $metadata: { httpStatusCode } });
}
