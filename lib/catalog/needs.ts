import type { DependentFacts, RotatorFacts } from '../engine/facts.ts';
import { concrete } from '../engine/ports.ts';
import { originOf } from '../http/origin.ts';
import type { Needs } from './catalog.ts';
import type { TokenDraft } from './draft.ts';
import { secretArnPattern } from './secret-id.ts';

/** What a token's plug-ins need, by their facts and by what its entry says. For a draft without faults. */
export function needsOf({ rotator, scope, dependents, fields }: TokenDraft): Needs {
  const plugins = [
    { facts: rotator?.facts, place: scope, via: undefined },
    ...dependents.map(({ plugin, target, fields: { via } }) => ({ facts: plugin?.facts, place: target, via })),
  ].flatMap(({ facts, ...rest }) => (facts === undefined ? [] : [{ facts, ...rest }]));
  const addresses = plugins.flatMap(({ facts, place }) =>
    [...(facts.api === undefined ? [] : [facts.api]), ...(facts.otherHosts ?? [])].flatMap((address) => concrete(address, place)),
  );
  const checks = (fields.checks ?? []).flatMap((check) => (check?.url === undefined ? [] : [check.url]));
  const probes = dependents.flatMap(({ fields: { probe } }) => (probe?.route === undefined ? [] : [probe.route]));
  const origins = [...addresses, ...checks, ...probes].flatMap((address) => (URL.canParse(address) ? [originOf(address)] : []));
  return {
    isAssisted: rotator?.facts.kind === 'assisted',
    hosts: [...new Set(origins)].sort(),
    aws: plugins.flatMap(({ facts, place, via }) => {
      const actions = facts.awsActions ?? [];
      if (actions.length === 0 || via !== undefined) return [];
      const anywhere = facts.awsActionsAnywhere ?? [];
      return [
        { actions, resources: resourcesOf(facts, place) },
        ...(anywhere.length === 0 ? [] : [{ actions: anywhere, resources: ['*'] }]),
      ];
    }),
  };
}

function resourcesOf({ awsResources = [] }: RotatorFacts | DependentFacts, place: unknown): readonly string[] {
  const fields = (place ?? {}) as Readonly<Record<string, unknown>>;
  return awsResources.map((template) => {
    const names = [...template.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => name);
    const whole = names.map((name) => fields[name]).find((value) => typeof value === 'string' && value.startsWith('arn:'));
    if (typeof whole === 'string') return isWholeArn(whole) ? literal(whole) : `${literal(whole)}-??????`;
    return template.replace(/\{(\w+)\}/g, (kept, name: string) =>
      fields[name] === undefined ? kept : literal(String(fields[name])),
    );
  });
}

/** A name with a star in it must not become a right to everything: this is how a policy writes the character itself. */
function literal(text: string): string {
  return text.replace(/[*?]/g, (character) => `\${${character}}`);
}

/** Secrets may be named without the six characters that end their ARN; every other ARN is whole. */
function isWholeArn(arn: string): boolean {
  return !arn.includes(':secretsmanager:') || secretArnPattern.test(arn);
}
