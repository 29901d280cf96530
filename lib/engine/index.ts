// What a plug-in of one's own is written against.
export type {
  AuthorityContext,
  AwsClientOptions,
  AwsDoor,
  AwsKey,
  Copy,
  Credential,
  Dependent,
  DependentContext,
  Effect,
  Evidence,
  Found,
  Holding,
  Http,
  HttpAnswer,
  HttpRequest,
  Inspection,
  Instant,
  Minted,
  MintRequest,
  Rotator,
  TokenContext,
  Verdict,
} from './contract.ts';
export { absence, type Ending, type ErrorCode, type ErrorDetails, errorCodes, RotationError } from './errors.ts';
export {
  type Ability,
  type Address,
  can,
  cannot,
  type DependentFacts,
  type Proven,
  type RotatorFacts,
  type Source,
  type Unconfirmed,
} from './facts.ts';
export { Secret } from './secret.ts';
