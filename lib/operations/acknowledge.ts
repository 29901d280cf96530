import { RotationError } from '../engine/errors.ts';
import type { Alert } from '../engine/records.ts';
import type { Installation } from './installation.ts';

export interface Acknowledged {
  readonly id: string;
  readonly message: string;
  /** False: it was changed in the same moment, and nobody has acknowledged it. */
  readonly isSaved: boolean;
}

/** Says that somebody knows of an alert, or of all alerts of a token. */
export async function acknowledge(
  { ledger }: Pick<Installation, 'ledger'>,
  which: string,
  by: NonNullable<Alert['acknowledged']>,
): Promise<readonly Acknowledged[]> {
  const alerts = (await ledger.alerts()).filter(({ id, token }) => id === which || token === which);
  if (alerts.length === 0) {
    throw new RotationError('absent', 'keyturn: there is no alert of this id or token', {
      fix: 'It may be over already; `keyturn status` shows what needs a person.',
    });
  }
  const done: Acknowledged[] = [];
  for (const alert of alerts) {
    const next = { ...alert, acknowledged: by, revision: alert.revision + 1 };
    done.push({ id: alert.id, message: alert.message, isSaved: (await ledger.saveAlert(next, alert)) === 'saved' });
  }
  return done;
}
