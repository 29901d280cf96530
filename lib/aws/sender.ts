import type { AwsClientOptions, AwsDoor } from '../engine/contract.ts';
import { sortAwsError } from './errors.ts';

/** What a place on AWS is reached by. */
interface Reached<Target> {
  readonly aws: AwsDoor;
  readonly target: Target;
}

/**
 * How a place on AWS sends: one call with a client of the target's region, and whatever it throws as one of our errors, which names the
 * operation and the place.
 */
export function createSender<Client, Target extends { readonly region?: string | undefined }>(
  who: string,
  clientClass: new (configuration: never) => Client,
  nameOf: (target: Target) => string,
) {
  return async <Answer>(
    { aws, target }: Reached<Target>,
    operation: string,
    call: (client: Client) => Promise<Answer>,
    options: Pick<AwsClientOptions, 'once'> = {},
  ): Promise<Answer> => {
    try {
      return await call(aws(clientClass, { ...options, ...(target.region === undefined ? {} : { region: target.region }) }));
    } catch (error) {
      throw sortAwsError(who, `${operation} of ${nameOf(target)}`, error);
    }
  };
}
