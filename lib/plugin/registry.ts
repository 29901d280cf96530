import { dependents } from '../../dependents/registry.generated.ts';
import { rotators } from '../../rotators/registry.generated.ts';
import type { Registry } from '../engine/open-token.ts';

/** The plug-ins of this project, each loaded when it is first asked for. */
export const registry: Registry & { readonly rotatorNames: readonly string[]; readonly dependentNames: readonly string[] } = {
  rotatorNames: Object.keys(rotators),
  dependentNames: Object.keys(dependents),
  rotator: async (name) => (Object.hasOwn(rotators, name) ? rotators[name]?.() : undefined),
  dependent: async (kind) => (Object.hasOwn(dependents, kind) ? dependents[kind]?.() : undefined),
};
