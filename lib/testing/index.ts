// What plug-ins of one's own are held to, and with what. It needs no test runner: a check is a name and a function that throws.

/** What the fake of a place on AWS throws, where the service would refuse. */
export { AwsError } from '../local/aws-error.ts';
export type { ConformanceCheck } from './conformance/check.ts';
export { dependentConformance } from './conformance/dependent.ts';
export { rotatorConformance } from './conformance/rotator.ts';
export {
  basicOf,
  bearerOf,
  type DependentFake,
  type DependentFakeFactory,
  type FakeAnswer,
  type FakeRequest,
  type FakeToken,
  type FakeWorld,
  fetchOf,
  formOf,
  type HttpFake,
  isTaken,
  jsonOf,
  type RotatorFake,
  type RotatorFakeFactory,
  toFakeRequest,
  toResponse,
  unknownHost,
} from './fake.ts';
export { findLeaks } from './hunt.ts';
export { lantern, lanternFake } from './lantern.ts';
export { type Cast, type CastDependent, createStage, type Stage } from './stage.ts';
export { createWorld, type OutwardCall, type World, type WorldOptions } from './world.ts';
