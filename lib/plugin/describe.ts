import { type JsonSchema, jsonSchemaOf } from '../catalog/json-schemas.ts';
import type { AnyDependent, AnyRotator } from '../engine/contract.ts';
import type { Ability, Address, DependentFacts, Proven, RotatorFacts, Source, Unconfirmed } from '../engine/facts.ts';

/** What is known of any plug-in, for people and machines that look before they choose. */
interface PluginDescription {
  readonly name: string;
  readonly title: string;
  readonly summary: string;
  /** Each says that it can, with what there is to know about it, or why not. */
  readonly abilities: Readonly<Record<string, Ability>>;
  /** What its authority secret holds, as a JSON Schema. */
  readonly authority: JsonSchema;
  /** The addresses that it may call; one that the catalog gives stands as the field that holds it. */
  readonly hosts: readonly Address[];
  readonly permissions: {
    readonly leastPrivilege: readonly string[];
    readonly awsActions: readonly string[];
    readonly awsResources: readonly string[];
    /** Only reading, and tied to no resource. */
    readonly awsActionsAnywhere: readonly string[];
  };
  readonly proven: readonly Proven[];
  readonly sources: readonly Source[];
  readonly unconfirmed: readonly Unconfirmed[];
}

export interface RotatorDescription extends PluginDescription, Pick<RotatorFacts, 'kind' | 'strategy' | 'requiredParts'> {
  readonly parts: Readonly<Record<string, string>>;
  /** What the catalog says under `scope:`, as a JSON Schema. */
  readonly scope: JsonSchema;
  readonly settleSeconds: number;
  readonly deathSeconds: number;
  readonly valueBytes: number;
}

export interface DependentDescription extends PluginDescription, Pick<DependentFacts, 'readClass' | 'activation'> {
  /** What the catalog says under `target:`, as a JSON Schema. */
  readonly target: JsonSchema;
  readonly drainSeconds: number;
}

/** Everything that a rotator says of itself. The same plug-in always gives the same document. */
export function describeRotator({ facts, scope, authority }: AnyRotator): RotatorDescription {
  const { name, title, summary, kind, strategy, parts, requiredParts, settleSeconds, deathSeconds, valueBytes } = facts;
  const { mark, list, revoke, expiry, scopes, lastUsed, slots } = facts;
  return {
    ...{ name, title, summary, kind, strategy },
    abilities: { mark, list, revoke, expiry, scopes, lastUsed, slots },
    scope: jsonSchemaOf(scope),
    authority: jsonSchemaOf(authority),
    ...{ parts, requiredParts, settleSeconds, deathSeconds, valueBytes },
    ...commonOf(facts),
  };
}

/** Everything that a dependent says of itself. The same plug-in always gives the same document. */
export function describeDependent({ facts, target, authority }: AnyDependent): DependentDescription {
  const { name, title, summary, readClass, activation, drainSeconds, maximumBytes, lock } = facts;
  return {
    ...{ name, title, summary, readClass, activation, drainSeconds },
    abilities: { maximumBytes, lock },
    target: jsonSchemaOf(target),
    authority: jsonSchemaOf(authority),
    ...commonOf(facts),
  };
}

function commonOf({ api, otherHosts = [], leastPrivilege, ...facts }: RotatorFacts | DependentFacts) {
  const { awsActions = [], awsResources = [], awsActionsAnywhere = [], proven, sources, unconfirmed } = facts;
  return {
    hosts: [...(api === undefined ? [] : [api]), ...otherHosts],
    permissions: { leastPrivilege, awsActions, awsResources, awsActionsAnywhere },
    ...{ proven, sources, unconfirmed },
  };
}
