import { Command } from 'commander';
import colours from 'picocolors';
import { describeRotator, type RotatorDescription } from '../plugin/describe.ts';
import { registry } from '../plugin/registry.ts';
import { answer, table } from './output.ts';
import { chosen, detailOf, line, provenIn, yesOrNo } from './plugins.ts';

export function rotatorsCommand(): Command {
  return new Command('rotators')
    .description(
      'Shows which providers can be rotated, what each can and needs, and how far it is proven; or all about one of them.',
    )
    .argument('[name]', 'what the catalog calls it under `provider:`')
    .option('--json', 'print one JSON document')
    .addHelpText('after', '\nExample:\n  $ keyturn rotators sendgrid')
    .action(async (name: string | undefined, { json }: { readonly json?: boolean }) => {
      const rotators = await chosen('rotator', registry.rotatorNames, name, registry.rotator);
      const described = rotators.map(describeRotator);
      answer(json, described, name === undefined ? overview(described) : described.flatMap(detail));
    });
}

function overview(rotators: readonly RotatorDescription[]): readonly string[] {
  const rows = rotators.map((rotator) => {
    const { mark, list, revoke, lastUsed, slots } = rotator.abilities;
    const abilities = [mark, list, revoke, lastUsed].map((ability) => (ability === undefined ? '' : yesOrNo(ability)));
    const most = slots?.can && 'live' in slots ? String(slots.live) : '-';
    const { kind, strategy } = rotator;
    return [colours.bold(rotator.name), kind === 'assisted' ? 'by a person' : strategy, ...abilities, most, provenIn(rotator)];
  });
  return table(['provider', 'strategy', 'marks', 'lists', 'revokes', 'last use', 'slots', 'proven on'], rows);
}

function detail(rotator: RotatorDescription): readonly string[] {
  const { kind, strategy, parts, settleSeconds, deathSeconds } = rotator;
  return detailOf(rotator, rotator.scope, [
    line('made', kind === 'assisted' ? 'by a person, who submits it' : 'by API'),
    line('strategy', strategies[strategy]),
    ...Object.entries(parts).map(([part, what]) => line('part', `${part}: ${what}`)),
    line('settles', `a new one may be refused for ${settleSeconds} s`),
    line('dies', `a revoked one may work for ${deathSeconds} s`),
  ]);
}

const strategies: Readonly<Record<RotatorDescription['strategy'], string>> = {
  overlap: 'overlap: old and new both work',
  byo: 'byo: Keyturn chooses the value',
  replace: 'replace: a new one ends the old one at once',
};
