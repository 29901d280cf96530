import type { TokenDraft } from './draft.ts';
import { secretArnPattern } from './secret-id.ts';
import type { Fault } from './sheet.ts';
import { listed, type Path, quote } from './wording.ts';

/** Where a catalog is to be deployed. */
export interface Place {
  /** Undefined where it is not known yet; then only `otherAccounts` are. */
  readonly account?: string | undefined;
  readonly region?: string | undefined;
  /** Other accounts that tokens and copies may be in. */
  readonly otherAccounts: readonly string[];
}

/** What could not work from the place that the catalog is deployed to: a typed account or region is seldom another's on purpose. */
export function* placeFaults(draft: TokenDraft, place: Place): Iterable<Fault> {
  for (const { path, arn, isRotated } of arnsOf(draft)) {
    const [, , , region = '', account = ''] = arn.split(':');
    const known = [...(place.account === undefined ? [] : [place.account]), ...place.otherAccounts];
    if (!known.includes(account)) {
      const message = `The account ${account} of this ARN is not among those that are deployed to (${listed(known.length === 0 ? ['none is known'] : known)}).`;
      const fix =
        place.account === undefined
          ? 'Say which account is deployed to, by `account` or by credentials, or correct the ARN.'
          : 'Correct the ARN, or name the account under `otherAccounts` of the deployment.';
      yield { path, code: 'unknown-account', message, fix };
    } else if (isRotated && place.region !== undefined && region !== place.region) {
      const message = `The secret is in ${quote(region)}, and Secrets Manager rotates by functions of its own region only; this deployment is in ${quote(place.region)}.`;
      const fix = 'Name the primary secret in this region, or deploy a catalog of its own there.';
      yield { path, code: 'other-region', message, fix };
    }
  }
}

function* arnsOf({ fields, dependents }: TokenDraft): Iterable<{ path: Path; arn: string; isRotated?: boolean }> {
  const isArn = (id: unknown): id is string => typeof id === 'string' && secretArnPattern.test(id);
  if (isArn(fields.secret)) yield { path: ['secret'], arn: fields.secret, isRotated: true };
  if (isArn(fields.authority)) yield { path: ['authority'], arn: fields.authority };
  for (const { index, fields: dependent, target } of dependents) {
    if (isArn(dependent.authority)) yield { path: ['dependents', index, 'authority'], arn: dependent.authority };
    if (dependent.via !== undefined) yield { path: ['dependents', index, 'via'], arn: dependent.via };
    for (const [name, value] of Object.entries((target ?? {}) as object))
      if (typeof value === 'string' && /^arn:[^:]*:[^:]*:[^:]*:\d{12}:/.test(value))
        yield { path: ['dependents', index, 'target', name], arn: value };
  }
}
