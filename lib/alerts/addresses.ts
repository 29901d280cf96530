import type { Directory } from '../catalog/compiled.ts';
import type { Instant } from '../engine/contract.ts';
import type { Cause } from '../engine/records.ts';
import { hasLeft } from './settle.ts';

/** Somebody whom a message can reach. */
export interface Addressee {
  readonly kind: 'person' | 'team';
  readonly id: string;
  readonly name: string;
  readonly email: string;
}

/** Everybody who may be written to: who has left is not. */
export function addresseesOf({ people, teams }: Directory, now: Instant): readonly Addressee[] {
  const entries = <Entry extends { readonly name: string; readonly email: string }>(
    kind: Addressee['kind'],
    all: Readonly<Record<string, Entry>>,
  ) => Object.entries(all).map(([id, entry]) => ({ kind, id, name: entry.name, email: entry.email, entry }));
  const staying = entries('person', people).filter(({ entry }) => !hasLeft(entry, now));
  return [...staying, ...entries('team', teams)].map(({ kind, id, name, email }) => ({ kind, id, name, email }));
}

/**
 * A cause for each address that has not confirmed: whatever is sent there reaches nobody. `isConfirmed` is asked with the address as it stands in
 * the catalog.
 */
export function addressCauses(addressees: readonly Addressee[], isConfirmed: (email: string) => boolean): readonly Cause[] {
  return addressees
    .filter(({ email }) => !isConfirmed(email))
    .map(({ kind, id, name }) => ({
      id: `address-unconfirmed/${kind}/${id}`,
      code: 'address-unconfirmed',
      urgency: 'soon',
      message: `The e-mail address of ${name} (${id}) has never been confirmed, so no message reaches it`,
      next: 'AWS sends a new link to it as soon as the last one has expired, after two days',
      fix: `Let ${name} follow the link in the message "AWS Notification - Subscription Confirmation", or correct the address in keyturn.yaml`,
    }));
}
