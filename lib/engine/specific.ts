import type { AnyDependent, AnyRotator } from './contract.ts';

/** The rotator as it is for one scope. What it can and needs may follow from what the catalog says. */
export function rotatorFor(rotator: AnyRotator, scope: unknown): AnyRotator {
  return rotator.forScope?.(scope) ?? rotator;
}

/** The same for a dependent and its target. */
export function dependentFor(dependent: AnyDependent, target: unknown): AnyDependent {
  return dependent.forTarget?.(target) ?? dependent;
}
