import type { ErrorCode } from './errors.ts';

/** What happened, for people and machines. Never holds a value. */
export interface Happening {
  readonly what:
    | 'token.minted'
    | 'token.rotated'
    | 'token.revoked'
    | 'token.stray-revoked'
    | 'rotation.failed'
    | 'rotation.rolled-forward'
    | 'retirement.held'
    | 'stray.reported'
    | 'drill.passed'
    | 'drill.failed';
  readonly token: string;
  readonly secretArn: string;
  readonly versionId?: string;
  readonly ref?: string;
  readonly code?: ErrorCode;
  readonly message: string;
  readonly fix?: string;
}
