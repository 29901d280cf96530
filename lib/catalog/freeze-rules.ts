import type { SharedDraft } from './draft.ts';
import type { Fault } from './sheet.ts';
import { didYouMean, quote } from './wording.ts';

/** A freeze that holds nobody is worse than none: whoever wrote it relies on it. */
export function* freezeFaults({ freezes = [] }: SharedDraft, rotatorNames: readonly string[]): Iterable<Fault> {
  for (const [index, freeze] of freezes.entries()) {
    const { from, until, providers = [] } = freeze ?? {};
    if (from !== undefined && until !== undefined && Date.parse(from) >= Date.parse(until)) {
      const message = 'This freeze is over before it begins.';
      yield { path: ['freezes', index, 'until'], code: 'range', message, fix: 'Write a time after that of `from`.' };
    }
    for (const [at, provider] of providers.entries()) {
      if (provider === undefined || rotatorNames.includes(provider)) continue;
      const meant = didYouMean(provider, rotatorNames);
      const fix = meant === undefined ? 'Write the name of a provider, as a token has it.' : `Did you mean \`${meant}\`?`;
      const message = `There is no provider ${quote(provider)}, so this freezes nothing.`;
      yield { path: ['freezes', index, 'providers', at], code: 'unknown-provider', message, fix };
    }
  }
}
