import type { Configuration } from './configuration.ts';
import type { Instant } from './contract.ts';
import { RotationError } from './errors.ts';
import { current, pending, readSince, submitted } from './labels.ts';
import type { OpenToken } from './open-token.ts';
import type { Happening, SecretState, StoredVersion } from './ports.ts';
import type { Secret } from './secret.ts';
import { day } from './time.ts';

/** One rotation of one secret: what all four steps get, as often as AWS likes. */
export interface Job {
  readonly secretArn: string;
  /** The id of the version being made; the same for all steps and for retries. */
  readonly clientRequestToken: string;
  /** The function that runs us, where it is known: the secret must name it. */
  readonly functionArn?: string;
  readonly rotationToken?: Secret;
}

export function isCurrent(state: SecretState, versionId: string): boolean {
  return state.versions.get(versionId)?.includes(current) === true;
}

/** Throws where this rotation may not begin (or go on) to write. */
export function assertWritable({ token }: OpenToken, state: SecretState, job: Job): void {
  if (token.mode === 'observe') {
    throw stop(
      'observing',
      `${token.name}: is only observed, so no rotation is begun`,
      'Set `mode: rotate` in the catalog when its owner agrees.',
    );
  }
  if (token.rotation === 'external') {
    throw stop(
      'not-ours',
      `${token.name}: something else rotates it, as its catalog entry says`,
      'Rotate it where it is rotated; or remove `rotation: external` from its entry and deploy.',
    );
  }
  if (job.functionArn !== undefined && state.rotationFunctionArn !== undefined && state.rotationFunctionArn !== job.functionArn) {
    throw stop(
      'not-ours',
      `${token.name}: the secret names another rotation function`,
      'Point the secret at one function only: deploy again.',
    );
  }
  if (state.rotationEnabled !== true) {
    throw stop(
      'cancelled',
      `${token.name}: rotation is turned off for this secret`,
      'Turn it on again by RotateSecret (or Rotate in the console).',
    );
  }
  if (state.versions.get(job.clientRequestToken)?.includes(pending) !== true) throw notPending(token.name);
}

export interface Pending {
  readonly version: StoredVersion;
  /**
   * The rotation is over: this version is current and no longer pending. One that is both may be the first value of an empty secret, which
   * Secrets Manager makes current at once, before any dependent has it; so it is gone through like a pending one.
   */
  readonly isOver: boolean;
}

/**
 * The pending version with its value, in one call. Throws `not-pending` where AWSPENDING has left it. Steps follow each other so fast that
 * one may not see what the one before wrote, so a miss is looked at again before it is believed.
 */
export async function readPending({ ports, token }: OpenToken, job: Job): Promise<Pending> {
  for (let looks = 1; ; looks += 1) {
    const version = await ports.store.read(job.secretArn, { versionId: job.clientRequestToken });
    if (version?.labels.includes(pending)) {
      assertNotSuperseded(token.name, version);
      return { version, isOver: false };
    }
    if (version?.labels.includes(current)) return { version, isOver: true };
    if (looks === 3) throw notPending(token.name);
    await ports.clock.sleep(1000);
  }
}

/**
 * What is current, if it is a token. A person's submission into an empty secret is made current by Secrets Manager at once, as every first
 * value is; until a rotation has taken it up it is no token that anybody uses.
 */
export async function readCurrent({ ports }: OpenToken, secretArn: string): Promise<StoredVersion | undefined> {
  const version = await ports.store.read(secretArn, { label: current });
  return version?.labels.includes(submitted) ? undefined : version;
}

/**
 * Tells the world and writes down what happened, and goes on whatever becomes of that: the truth is in the labels, and a sweep tells again.
 * `isEachTime`: what happens again on the same day is written down again, because it was asked for again.
 */
export async function tellQuietly(
  { ports, token }: OpenToken,
  news: Omit<Happening, 'token'>,
  more: { readonly proves?: Configuration; readonly isEachTime?: boolean } = {},
): Promise<void> {
  const { what, message, code, fix } = news;
  const happening: Happening = { ...news, token: token.name };
  const at = ports.clock.now();
  ports.log({ event: what, token: token.name, detail: message, ...(code ? { code } : {}), ...(fix ? { fix } : {}) });
  try {
    await ports.tell(happening);
  } catch {
    ports.log({ event: 'tell.failed', token: token.name, detail: what });
  }
  try {
    const configuration = more.proves === undefined ? {} : { configuration: more.proves };
    const id = `${happeningId(happening, at)}${more.isEachTime ? `/${at}` : ''}`;
    await ports.records.record({ ...happening, ...configuration, id, at });
  } catch {
    ports.log({ event: 'record.failed', token: token.name, detail: what });
  }
}

/** The same when a step that was interrupted tells it again, and for what a sweep finds again and again once a day. */
function happeningId({ what, versionId, ref, code }: Happening, at: Instant): string {
  return [day(at), what, versionId, ref, code].filter((part) => part !== undefined).join('/');
}

/** The stamp comes before the revocation, so that whoever sees none of it has begun before, and nothing that dies is given to a place. */
function assertNotSuperseded(name: string, { labels }: StoredVersion): void {
  if (readSince(labels) === undefined || labels.includes(current)) return;
  throw new RotationError(
    'superseded',
    `${name}: AWSPENDING is on a version that was given up, and whose token is being revoked`,
    {
      fix: 'Nothing to do: the label is taken off again.',
      definite: true,
    },
  );
}

function notPending(name: string): RotationError {
  return stop(
    'not-pending',
    `${name}: AWSPENDING is not on this version, so this rotation is over`,
    'Nothing to do: rotate again if a new token is wanted.',
  );
}

function stop(code: 'observing' | 'not-ours' | 'cancelled' | 'not-pending', message: string, fix: string): RotationError {
  return new RotationError(code, message, { fix, definite: true });
}
