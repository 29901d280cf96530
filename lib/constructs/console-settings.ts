import { type Admitted, createAdmission } from '../console/admission.ts';
import type { Groups } from '../console/claims.ts';
import { RotationError } from '../engine/errors.ts';
import type { ConsoleSettings } from './settings.ts';

/** What was asked for, found to be safe. */
export interface CheckedConsole {
  readonly admitted: Admitted;
  /** Missing: a pool of users is made. */
  readonly issuer: { readonly issuer: string; readonly clientId: string } | undefined;
  readonly groups: Groups;
}

/** Throws `catalog` where it would be open to everybody without having been asked for, or where nobody could sign in. */
export function checkConsole(settings: ConsoleSettings, prefix: string): CheckedConsole {
  const { issuer, clientId, groupsClaim = issuer === undefined ? 'cognito:groups' : 'groups' } = settings;
  if ((issuer === undefined) !== (clientId === undefined))
    throw unfit('an issuer and a client of it belong together', 'Give `issuer` and `clientId`, or neither for a pool of users.');
  if (issuer !== undefined && !isIssuer(issuer))
    throw unfit(
      'the issuer has no address that begins with https:// and has nothing behind its path',
      'Give the address that its own documents call the issuer.',
    );
  const { adminGroup = `${prefix}-admin`, operatorGroup = `${prefix}-operator`, viewerGroup = `${prefix}-viewer` } = settings;
  return {
    admitted: admittedBy(settings),
    issuer: issuer === undefined || clientId === undefined ? undefined : { issuer, clientId },
    groups: { claim: groupsClaim, of: { admin: adminGroup, operator: operatorGroup, viewer: viewerGroup } },
  };
}

function admittedBy({ admit, isPublic = false }: ConsoleSettings): Admitted {
  if ((admit !== undefined && admit.length > 0) === isPublic) {
    throw unfit(
      isPublic ? 'it is public, and yet addresses are named' : 'nobody is admitted to it',
      'Name ranges of addresses as `admit`, such as ["203.0.113.0/24"]; or set `isPublic` to let everybody see where to sign in.',
    );
  }
  if (isPublic) return 'everybody';
  try {
    createAdmission(admit ?? []);
  } catch (error) {
    throw unfit(
      `${JSON.stringify((error as Error).message)} is no range of addresses, or holds everybody`,
      'Write it as 203.0.113.0/24 or 2001:db8::/32; to let everybody see where to sign in, set `isPublic`.',
    );
  }
  return admit ?? [];
}

/** Without TLS only on the machine of an emulator. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const url = new URL(text);
  if (url.search !== '' || url.hash !== '' || url.username !== '') return false;
  return url.protocol === 'https:' || (url.protocol === 'http:' && url.hostname === '127.0.0.1');
}

function unfit(what: string, fix: string): RotationError {
  return new RotationError('catalog', `keyturn: the console cannot be deployed so: ${what}`, { fix });
}
