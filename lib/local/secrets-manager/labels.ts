import { AwsError } from '../aws-error.ts';
import type { Secret, Version } from './state.ts';
import type { Switches } from './switches.ts';

export const CURRENT = 'AWSCURRENT';
export const PREVIOUS = 'AWSPREVIOUS';
export const PENDING = 'AWSPENDING';

export const holderOf = (versions: readonly Version[], label: string) =>
  versions.find((version) => version.labels.includes(label));

/** Whether a version waits to become current: what makes RotateSecret refuse. */
export function pendingElsewhere(versions: readonly Version[]): Version | undefined {
  const pending = holderOf(versions, PENDING);
  return pending?.labels.includes(CURRENT) ? undefined : pending;
}

/** The versions with the label on that one alone. AWSPREVIOUS follows AWSCURRENT to the version that loses it. */
export function move(versions: readonly Version[], label: string, toId: string): readonly Version[] {
  const from = holderOf(versions, label);
  if (from?.id === toId) return versions;
  const moved = place(versions, label, toId);
  return label === CURRENT && from ? place(moved, PREVIOUS, from.id) : moved;
}

/** The versions with the label on none. An announced version that has no label and no value is forgotten. */
export const takeOff = (versions: readonly Version[], label: string): readonly Version[] => place(versions, label, undefined);

function place(versions: readonly Version[], label: string, id: string | undefined): readonly Version[] {
  return versions
    .map((version) => {
      if ((version.id === id) === version.labels.includes(label)) return version;
      const labels = version.id === id ? [...version.labels, label].sort() : version.labels.filter((other) => other !== label);
      return { ...version, labels };
    })
    .filter((version) => version.value || version.labels.length > 0);
}

export function checkLabelLimit(secret: Secret, switches: Switches) {
  const counts = secret.versions.map((version) => version.labels.length);
  const count = switches.labelLimit === 'per-secret' ? counts.reduce((sum, each) => sum + each, 0) : Math.max(0, ...counts);
  if (count > 20)
    throw new AwsError(switches.labelLimitCode, 'You exceeded the maximum number of staging labels allowed on a secret.');
}

/** Without the oldest deprecated versions beyond 100, of which none is younger than a day. */
export function prune(versions: readonly Version[], now: number): readonly Version[] {
  const excess = versions.length - 100;
  if (excess <= 0) return versions;
  const dead = versions
    .filter((version) => version.labels.length === 0 && version.createdAt <= now - 24 * 3_600_000)
    .sort((a, b) => a.createdAt - b.createdAt)
    .slice(0, excess);
  return versions.filter((version) => !dead.includes(version));
}

export const inOrder = (labels: readonly string[], { answerOrder }: Switches) =>
  answerOrder === 'ascending' ? [...labels] : [...labels].reverse();
