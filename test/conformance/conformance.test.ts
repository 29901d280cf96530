// Every plug-in of the registries is held to the suite of its kind before its author remembers to. A skip says why, in the facts' words.
import { describe, expect, it } from 'vitest';
import type { AnyDependent, AnyRotator } from '../../lib/engine/contract.ts';
import { registry } from '../../lib/plugin/registry.ts';
import type { ConformanceCheck } from '../../lib/testing/conformance/check.ts';
import { dependentConformance } from '../../lib/testing/conformance/dependent.ts';
import { rotatorConformance } from '../../lib/testing/conformance/rotator.ts';
import type { DependentFakeFactory, RotatorFakeFactory } from '../../lib/testing/fake.ts';
import { lantern, lanternFake } from '../../lib/testing/lantern.ts';
import { eachFake } from '../fakes.ts';

function register(checks: readonly ConformanceCheck[]): void {
  for (const { name, skip, run } of checks) {
    if (skip === undefined) it(name, run);
    else it.skip(`${name} (${skip})`, run);
  }
}

const rotators = await eachFake<RotatorFakeFactory, AnyRotator>('rotators', registry.rotatorNames, registry.rotator);
const dependents = await eachFake<DependentFakeFactory, AnyDependent>('dependents', registry.dependentNames, registry.dependent);

it('walks registries that are not empty', () => {
  expect(rotators.length).toBeGreaterThanOrEqual(2);
  expect(dependents.length).toBeGreaterThanOrEqual(3);
});

// By plain names, so that `-t 'rotator sendgrid'` finds one.
for (const { name, plugin, fake } of rotators) {
  describe(`rotator ${name}`, () => {
    if (plugin) register(rotatorConformance(plugin, fake));
  });
}

for (const { name, plugin, fake } of dependents) {
  describe(`dependent ${name}`, () => {
    if (plugin) register(dependentConformance(plugin, fake));
  });
}

describe('the made-up provider that dependents are held against', () => {
  register(rotatorConformance(lantern, lanternFake));
});
