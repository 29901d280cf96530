import { minute } from '../engine/time.ts';
import { hoursText } from './circulation.ts';
import type { Material } from './material.ts';
import type { Block } from './runbook.ts';

export function byHand({ entry, rotator }: Material): readonly Block[] {
  const { token, needs } = entry;
  const scopes = token.expect.scopes ?? [];
  const checked = rotator.sources.map((source) => source.checked).toSorted();
  return [
    {
      kind: 'text',
      text: needs.isAssisted
        ? 'No program can make this one: these are the steps.'
        : 'Keyturn does this by itself. These are the steps for the day on which it cannot.',
    },
    { kind: 'steps', items: rotator.byHand },
    ...(scopes.length === 0
      ? [
          {
            kind: 'unwritten',
            text: 'Nobody has said what exactly a new one must be allowed to do. Give it what the old one has.',
          } as const,
        ]
      : [
          { kind: 'text', text: 'Tick exactly these permissions, and no others:' } as const,
          { kind: 'list', items: scopes.map((scope) => `\`${scope}\``) } as const,
        ]),
    ...(token.expect.expiresAfterDays === undefined
      ? []
      : [{ kind: 'text', text: `Let it live for at least ${token.expect.expiresAfterDays} days.` } as const]),
    { kind: 'text', text: `If all that fails: ${rotator.ifAllElseFails}` },
    { kind: 'text', text: `These steps were read in the provider's own documents on ${checked[0] ?? 'an unknown day'}.` },
  ];
}

export function handOut({ entry, dependents }: Material): readonly Block[] {
  const { token, needs } = entry;
  const readsVault = (name: string) => dependents.get(name)?.readsFrom === 'the-secret';
  const stepsOf = ({ name }: { readonly name: string }) =>
    (dependents.get(name)?.byHand ?? ['Put the new one there.']).map((step) => `${name}: ${step}`);
  const ordinary = needs.isAssisted
    ? `The quick way: give the new one to \`keyturn submit ${token.name}\`. It does all that follows, in this order, and checks each step.`
    : `The quick way: \`keyturn rotate ${token.name} --wait\`. It makes a new one and does all that follows, in this order, and checks each step.`;
  return [
    { kind: 'text', text: ordinary },
    { kind: 'text', text: 'By hand:' },
    {
      kind: 'steps',
      items: [
        'Leave the old one alone. It must go on working until everybody has the new one.',
        'Make sure that the new one works, before anybody gets it.',
        ...token.dependents.filter(({ name }) => !readsVault(name)).flatMap(stepsOf),
        `Put it into the vault, under \`${token.secret}\`.`,
        ...token.dependents.filter(({ name }) => readsVault(name)).flatMap(stepsOf),
        ...(needs.isAssisted ? [] : [`Say that it is yours to end one day: \`keyturn adopt ${token.name}\`.`]),
        'Wait until everybody named above has read it again. Only then end the old one.',
      ],
    },
  ];
}

export function knowThatItWorks({ entry: { token }, health }: Material): readonly Block[] {
  return [
    {
      kind: 'text',
      text: `\`keyturn verify ${token.name}\` asks the provider whether it is accepted, and looks into every place that has a copy.`,
    },
    ...(token.checks.length === 0
      ? []
      : [
          { kind: 'text', text: 'Each new one must also pass:' } as const,
          { kind: 'list', items: token.checks.map(({ name, url }) => `${name} (\`${url}\`)`) } as const,
        ]),
    ...(health === undefined || health.findings.length === 0
      ? []
      : [
          { kind: 'text', text: `The last look, on ${minute(health.checkedAt)}, found:` } as const,
          { kind: 'list', items: health.findings.map(({ about, message, fix }) => `${about}: ${message} ${fix}`) } as const,
        ]),
  ];
}

export function undo({ entry: { token }, status }: Material): readonly Block[] {
  const [old] = status?.debts ?? [];
  return [
    {
      kind: 'text',
      text: `For ${hoursText(token.overlapHours)} after each change the old one still works. Until then \`keyturn rollback ${token.name}\` goes back to it, everywhere. If you need longer, \`keyturn hold ${token.name}\` first.`,
    },
    ...(status === undefined || status.state === 'unreadable'
      ? []
      : [
          {
            kind: 'text',
            text:
              old === undefined
                ? 'At this moment there is no old one that Keyturn would still have to end.'
                : `At this moment an old one still works. It waits for ${old.waitsFor}.`,
          } as const,
        ]),
  ];
}

export function leaked({ entry, rotator }: Material): readonly Block[] {
  const { token, needs } = entry;
  const steps = [
    'Tell the owner now. Do not send the token itself to anybody, and do not paste it anywhere.',
    `If you only have a string and do not know whose it is: give it to \`keyturn whose\` as its input. It is sent nowhere.`,
    needs.isAssisted
      ? `Make a new one as it says above, and give it to \`keyturn submit ${token.name}\`.`
      : `Make a new one: \`keyturn rotate ${token.name} --wait\`.`,
    `End the old one as soon as everybody has the new: \`keyturn retire ${token.name}\`. If it must be sooner, end it at the provider; whoever still has the old one is then refused.`,
    "Ask the provider's own log what was done with it.",
  ];
  const revoke = rotator.revoke.can
    ? []
    : [{ kind: 'text', text: `The provider ends it only by hand: ${rotator.revoke.why}.` } as const];
  return [{ kind: 'steps', items: steps }, ...revoke];
}
