import type { RotatorFacts } from './facts.ts';

/** Whether a renewal can be rehearsed: by a token that lives beside the one in use and can be ended, or by people who walk through the runbook. */
export function canDrill({ kind, strategy, revoke }: Pick<RotatorFacts, 'kind' | 'strategy' | 'revoke'>): boolean {
  return kind === 'assisted' || (strategy === 'overlap' && revoke.can);
}
