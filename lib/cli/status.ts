import { Command, Option } from 'commander';
import colours from 'picocolors';
import type { CatalogEntry } from '../catalog/catalog.ts';
import { type Installation, pausesOf } from '../operations/installation.ts';
import { lookAt } from '../operations/look.ts';
import { type Proven, provenOfAll } from '../operations/proven.ts';
import { needsPerson, type TokenState, type TokenStatus, tokenStates } from '../operations/token-status.ts';
import { changed, changedText } from '../runbook/liveness.ts';
import { openInstallation, type Place, withPlace } from './installation.ts';
import { answer, eachOf, openProgress, table, when } from './output.ts';
import { harmless } from './terminal.ts';

interface Options extends Place {
  readonly owner?: string;
  readonly provider?: string;
  readonly state?: TokenState;
}

export function statusCommand(): Command {
  return withPlace(new Command('status'))
    .description('Shows every token, those that need a person first; or one of them in detail. Reads labels, and no value.')
    .argument('[token]', 'its name in the catalog')
    .option('--owner <person>', 'only the tokens of this owner')
    .option('--provider <provider>', 'only the tokens of this provider')
    .addOption(new Option('--state <state>', 'only the tokens in this state').choices(tokenStates))
    .addHelpText('after', '\nExample:\n  $ keyturn status --owner ada')
    .action(async (name: string | undefined, options: Options) => {
      const installation = await openInstallation(options);
      const entries = name === undefined ? installation.catalog.entries : [installation.entry(name)];
      const statuses = await look(installation, entries.filter(isWanted(options)), options);
      const shown = statuses
        .filter(({ state }) => options.state === undefined || options.state === state)
        .toSorted((one, other) => tokenStates.indexOf(one.state) - tokenStates.indexOf(other.state));
      const [only] = shown;
      // Whoever may not read the table sees the rest.
      const proven = (await provenOfAll(installation)) ?? new Map<string, Proven>();
      const tokens = shown.map((status) => {
        const { at, changed: changedSinceProven = [] } = proven.get(status.token) ?? {};
        return { ...status, ...(at === undefined ? {} : { provenAt: at }), changedSinceProven };
      });
      const lines =
        name === undefined || only === undefined
          ? overview(shown, proven)
          : [
              ...detail(only, proven.get(name)),
              ...changed(proven.get(name)).map((each) => `  ${colours.yellow(harmless(each))}`),
            ];
      answer(options.json, { tokens }, lines);
    });
}

function isWanted({ owner, provider }: Options): (entry: CatalogEntry) => boolean {
  return (entry) =>
    (owner === undefined || entry.owner === owner) && (provider === undefined || entry.token.provider === provider);
}

async function look(
  installation: Installation,
  entries: readonly CatalogEntry[],
  { json }: Place,
): Promise<readonly TokenStatus[]> {
  const pauses = await pausesOf(installation);
  const progress = openProgress(json === true || entries.length < 50);
  let done = 0;
  const statuses = await eachOf(entries, 10, async (entry) => {
    const status = await lookAt(installation, entry, pauses);
    done += 1;
    if (done % 50 === 0) progress.say(`${done} of ${entries.length} tokens looked at`);
    return status;
  });
  progress.end();
  return statuses;
}

function overview(statuses: readonly TokenStatus[], proven: ReadonlyMap<string, Proven>): readonly string[] {
  if (statuses.length === 0) return ['There is no such token.'];
  const rows = statuses.map((status) => [
    colours.bold(status.token),
    coloured(status.state),
    when(status.currentSince),
    when(status.nextRotationAt),
    when(proven.get(status.token)?.at),
    status.owner,
    [remark(status), ...changedText(proven.get(status.token)).map(harmless)].filter(Boolean).join('; '),
  ]);
  const inNeed = statuses.filter(({ state }) => needsPerson.includes(state)).length;
  const sum =
    inNeed === 0 ? colours.green('✓ none needs a person') : colours.yellow(`${inNeed} of ${statuses.length} need a person`);
  return [...table(['token', 'state', 'current since', 'next rotation', 'last proven', 'owner', ''], rows), '', sum];
}

function remark({ parked, hold, pause, debts, trouble }: TokenStatus): string {
  if (trouble !== undefined) return harmless(trouble);
  const [debt] = debts;
  return [
    ...(parked === undefined ? [] : [`until ${when(parked.until)} because of ${harmless(parked.code)}`]),
    ...(hold === undefined ? [] : [`on hold: ${harmless(hold.why) || 'no reason was given'}`]),
    ...(pause === undefined ? [] : [`paused by ${harmless(pause.by)}: ${harmless(pause.why)}`]),
    ...(debt === undefined ? [] : [`${debts.length} old, waits for ${debt.waitsFor}`]),
  ].join('; ');
}

function detail(status: TokenStatus, proven: Proven | undefined): readonly string[] {
  const { token, state, provider, secret, owner, parked, hold, pause, rotating, debts, trouble } = status;
  const line = (what: string, text: string) => `  ${colours.dim(what.padEnd(15))} ${text}`;
  return [
    `${colours.bold(token)}  ${coloured(state)}`,
    line('provider', provider),
    line('secret', secret),
    line('owner', owner),
    line('current since', when(status.currentSince)),
    line('next rotation', when(status.nextRotationAt)),
    line('last proven', when(proven?.at)),
    ...(rotating === undefined ? [] : [line('being rotated', `version ${rotating}`)]),
    ...(parked === undefined
      ? []
      : [
          line('parked', `until ${when(parked.until)} because of ${harmless(parked.code)}; \`keyturn release ${token}\` ends it`),
        ]),
    ...(hold === undefined
      ? []
      : [
          line(
            'on hold',
            `since ${when(hold.since)}${hold.why === '' ? '' : `: ${harmless(hold.why)}`}; \`keyturn release ${token}\` ends it`,
          ),
        ]),
    ...(pause === undefined
      ? []
      : [line('paused', `by ${harmless(pause.by)} since ${when(pause.since)}: ${harmless(pause.why)}`)]),
    ...debts.map(({ versionId, waitsFor }) => line('old token', `version ${versionId} waits for ${waitsFor}`)),
    ...(trouble === undefined ? [] : [line('trouble', colours.red(harmless(trouble)))]),
  ];
}

function coloured(state: TokenState): string {
  if (needsPerson.includes(state)) return colours.red(state);
  return state === 'fine' ? colours.green(state) : colours.yellow(state);
}
