import assert from 'node:assert/strict';
import type { Ability } from '../../engine/facts.ts';

/** One thing that every plug-in of a kind has to do; or why this one need not. */
export interface ConformanceCheck {
  /** A sentence. */
  readonly name: string;
  /** From the facts: why it does not apply here. */
  readonly skip?: string;
  /** Throws an AssertionError where the plug-in does otherwise. */
  run(): Promise<void>;
}

/** Collects checks; one that needs an ability is skipped with the reason that the facts give. */
export function collectChecks() {
  const checks: ConformanceCheck[] = [];
  const check = (name: string, run: () => Promise<void>) => {
    checks.push({ name, run });
  };
  const when = (ability: Ability) => (name: string, run: () => Promise<void>) => {
    checks.push(ability.can ? { name, run } : { name, skip: ability.why, run });
  };
  return { checks, check, when };
}

/** What a plug-in cannot do is skipped, and a skip has to say why. */
export function assertReasons(abilities: Readonly<Record<string, Ability>>): void {
  for (const [name, ability] of Object.entries(abilities))
    assert.ok(ability.can || ability.why !== '', `${name} does not say why not`);
}
