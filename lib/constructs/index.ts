// Constructs for CDK apps of one's own: the whole of an installation, or its parts.
export type { CatalogEntry } from '../catalog/catalog.ts';
export type { Problem } from '../catalog/problem.ts';
export type { Schedule } from '../catalog/schedule.ts';
export { Console, type ConsoleProps } from './console.ts';
export { type ContextSettings, contextOf, readContext } from './context.ts';
export { KeyturnFunction } from './function.ts';
export { History, type HistoryProps } from './history.ts';
export { addKeyturn, KeyturnApp, type KeyturnAppProps } from './keyturn-app.ts';
export {
  KeyturnStack,
  type KeyturnStackProps,
  SpokeStack,
  type SpokeStackProps,
  TokensStack,
  type TokensStackProps,
} from './keyturn-stack.ts';
export type { LocalEndpoint } from './local-endpoint.ts';
export { Notifications, type NotificationsProps } from './notifications.ts';
export { Observability, type ObservabilityProps } from './observability.ts';
export { CatalogRefused, type Prepared, type PrepareOptions, prepare } from './prepare.ts';
export { Reconciler, type ReconcilerProps } from './reconciler.ts';
export { RotatedToken, type RotatedTokenProps } from './rotated-token.ts';
export { RotatorFunction, type RotatorFunctionProps } from './rotator-function.ts';
export type { ConsoleSettings, Settings } from './settings.ts';
export { Teller, type TellerProps } from './teller.ts';
