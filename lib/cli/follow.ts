import type { CatalogEntry } from '../catalog/catalog.ts';
import { errorCodes } from '../engine/errors.ts';
import { current, holderOf, pending, readOurLabel, readParked } from '../engine/labels.ts';
import type { SecretState } from '../engine/ports.ts';
import type { Installation } from '../operations/installation.ts';
import type { Outcome } from '../operations/rotate.ts';

const pollMilliseconds = 1000;
/** Secrets Manager may show a rotation some moments after it has taken it. */
const looksUntilSeen = 5;

/** Looks at the labels until the version is current, was given up, or the time is over. `tell` gets each step as it is seen to begin. */
export async function follow(
  installation: Installation,
  entry: CatalogEntry,
  versionId: string,
  { waitMinutes, tell }: { readonly waitMinutes: number; readonly tell: (what: string) => void },
): Promise<Outcome> {
  const token = entry.token.name;
  const looks = Math.ceil((waitMinutes * 60_000) / pollMilliseconds);
  let isSeen = false;
  // The first value of an empty secret is current at once, before any place has it; it is whole when it is pending no more.
  let isFirst: boolean | undefined;
  for (let look = 1; look <= looks; look += 1) {
    const state = await installation.describe(entry);
    const labels = state.versions.get(versionId) ?? [];
    isFirst ??= holderOf(state, current) === undefined || labels.includes(current);
    if (labels.includes(current) && !(isFirst && labels.includes(pending)))
      return promoted(token, versionId, entry.token.overlapHours);
    if (labels.includes(pending)) tell(readOurLabel(labels) === undefined ? stepWords.create : stepWords.spread);
    isSeen ||= labels.includes(pending);
    if (!labels.includes(pending) && (isSeen || look >= looksUntilSeen)) return failed(entry, state, versionId);
    await installation.clock.sleep(pollMilliseconds);
  }
  return {
    token,
    outcome: 'underway',
    versionId,
    message: `after ${waitMinutes} minutes the rotation is still under way`,
    next: `It goes on by itself; \`keyturn status ${token}\` shows how far it is.`,
  };
}

const stepWords = {
  create: 'checking what can fail, and making a new token',
  spread: 'the new token is made; it is verified and given to every place',
} as const;

function promoted(token: string, versionId: string, overlapHours: number): Outcome {
  return {
    token,
    outcome: 'promoted',
    versionId,
    message: 'the new token is current',
    next: `The old one goes on working for ${overlapHours} hours; \`keyturn rollback ${token}\` makes it current again.`,
  };
}

function failed({ token: { name } }: CatalogEntry, state: SecretState, versionId: string): Outcome {
  const parked = readParked(state.versions.get(holderOf(state, current) ?? ''));
  const said =
    parked !== undefined && Object.hasOwn(errorCodes, parked.code)
      ? errorCodes[parked.code as keyof typeof errorCodes]
      : undefined;
  return {
    token: name,
    outcome: 'failed',
    versionId,
    ...(parked === undefined ? {} : { code: parked.code }),
    message: `the rotation was given up, and the current token goes on working${said === undefined ? '' : `. ${said.says.replace(/\.$/, '')}`}`,
    next:
      parked === undefined
        ? `See \`keyturn history ${name}\` or the log of its function for the reason.`
        : `Mend the cause (\`keyturn history ${name}\` or the log of its function names it), then \`keyturn release ${name}\` and rotate again.`,
  };
}
