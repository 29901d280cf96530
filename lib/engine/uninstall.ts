import { current, holderOf, pending, readOurLabel } from './labels.ts';
import type { SecretState } from './ports.ts';

/** What has to go from a secret before Keyturn does, and what nobody will remember afterwards. */
export interface Removal {
  /** Its rotation by one of our functions is cancelled. Another's is left alone. */
  readonly cancels: boolean;
  /** In the order in which they are taken off. */
  readonly labels: readonly { readonly label: string; readonly versionId: string }[];
  readonly live: readonly LiveToken[];
}

/** A token that was made by us, or adopted, and is not proven dead. */
export interface LiveToken {
  readonly versionId: string;
  readonly provider: string;
  /** How the provider names it. Undefined where that is itself secret: it can be read from the version's value. */
  readonly ref?: string;
  readonly use: 'current' | 'being rotated in' | 'replaced, or never in use';
}

/** Compares labels only. `provider` is that of the secret's token, whose function is told by its name. */
export function planRemoval(state: SecretState, provider: string): Removal {
  const currentId = holderOf(state, current);
  const pendingId = holderOf(state, pending);
  const isOurs = state.rotationFunctionArn?.endsWith(`-rotate-${provider}`) ?? false;
  const versions = [...state.versions];
  const stuck = pendingId === undefined || pendingId === currentId || !isOurs ? [] : [{ label: pending, versionId: pendingId }];
  return {
    cancels: isOurs && state.rotationEnabled === true,
    labels: [
      ...stuck, // first: left on, it blocks every later rotation, whoever does it
      ...versions.flatMap(([versionId, labels]) =>
        labels.filter((label) => /^keyturn[/-]/.test(label)).map((label) => ({ label, versionId })),
      ),
    ],
    live: versions.flatMap(([versionId, labels]) => {
      const ours = readOurLabel(labels);
      if (ours === undefined) return [];
      const use =
        versionId === currentId ? 'current' : versionId === pendingId ? 'being rotated in' : 'replaced, or never in use';
      return [{ versionId, provider: ours.provider, ...(ours.isDigest ? {} : { ref: ours.ref }), use } as const];
    }),
  };
}
