import { createHash } from 'node:crypto';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { arnIn, replicate, type Setting } from './call.ts';
import type { Secret } from './state.ts';

export type Store = {
  /** Resolves once everything that the state holds now is on the disk, to survive whatever happens next. Calls share the writing. */
  durable(): Promise<void>;
  close(): Promise<void>;
};

/**
 * Keeps the state in a folder: one file for each secret, written aside, synced and renamed. The names of the files tell nothing; what is
 * in them is readable for the owner of the process alone. Fills the state with what the folder holds.
 */
export async function openStore(folder: string, setting: Setting): Promise<Store> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    await write(folder, 'probe', '');
    await rm(join(folder, 'probe'));
  } catch (error) {
    throw new Error(
      `The folder ${folder} cannot hold the secrets (${codeOf(error)}): choose another, or make this one writable.`,
    );
  }
  await load(folder, setting);

  const changed = new Set<string>();
  let writing: Promise<void> | undefined;
  let planned: Promise<void> | undefined;
  const stopListening = setting.state.onChange((arn) => {
    changed.add(arn);
    // What nobody waits for, such as the progress of a rotation, is written too. Who does wait learns of a failure.
    durable().catch(() => {});
  });

  async function writeChanged(): Promise<void> {
    planned = undefined;
    const arns = [...changed];
    changed.clear();
    try {
      // A few at a time: there can be more secrets than a process may have open files.
      for (let start = 0; start < arns.length; start += 50) {
        await Promise.all(arns.slice(start, start + 50).map((arn) => keep(folder, arn, setting.state.get(arn))));
      }
      await sync(folder);
    } catch (error) {
      for (const arn of arns) changed.add(arn);
      throw new Error(`The folder ${folder} could not be written (${codeOf(error)}).`);
    }
  }

  function durable(): Promise<void> {
    if (changed.size === 0) return writing ?? Promise.resolve();
    planned ??= (writing ?? Promise.resolve())
      .catch(() => {})
      .then(() => {
        writing = writeChanged().finally(() => {
          writing = undefined;
        });
        return writing;
      });
    return planned;
  }

  return {
    durable,
    close() {
      stopListening();
      return durable();
    },
  };
}

async function load(folder: string, setting: Setting) {
  const { state, clock } = setting;
  for (const file of await readdir(folder)) {
    // Whatever was being written when the process was killed was not acknowledged.
    if (file.endsWith('.tmp')) await rm(join(folder, file));
    if (!file.endsWith('.json')) continue;
    try {
      const { format, secret } = JSON.parse(await readFile(join(folder, file), 'utf8')) as { format: number; secret: Secret };
      if (format !== 1 || fileOf(secret.arn) !== file) throw new Error('it is not one of ours');
      state.set(interrupted(secret, clock.now()), clock.now());
    } catch (error) {
      throw new Error(
        `The file ${join(folder, file)} cannot be read (${codeOf(error)}): move it away to start without that secret.`,
      );
    }
  }
  for (const secret of state.all()) mendReplicas(secret, setting);
}

/** A rotation that was going on is due at once. */
function interrupted(secret: Secret, now: number): Secret {
  const { rotation } = secret;
  if (!rotation?.run?.active) return secret;
  return { ...secret, rotation: { ...rotation, run: { ...rotation.run, active: false, dueAt: now } } };
}

/** A kill between the files of a secret and its replica can leave one without the other. */
function mendReplicas(secret: Secret, { state, clock }: Setting) {
  for (const replica of secret.replicas ?? []) {
    const copy = state.get(arnIn(secret, replica.region));
    if (replica.status === 'InSync' && copy?.replicaOf) state.set(replicate(secret, copy), clock.now());
  }
  const isLost = ({ region, status }: { region: string; status: string }) =>
    status === 'InSync' && !state.get(arnIn(secret, region))?.replicaOf;
  if (secret.replicas?.some(isLost)) {
    const left = secret.replicas.filter((replica) => !isLost(replica));
    state.set({ ...secret, replicas: left.length > 0 ? left : undefined }, clock.now());
  }
  const primary = secret.replicaOf === undefined ? undefined : state.get(arnIn(secret, secret.replicaOf));
  const isListed = primary?.replicas?.some(({ region }) => region === secret.region);
  if (secret.replicaOf && !isListed) {
    state.remove(secret.arn, clock.now());
  }
}

async function keep(folder: string, arn: string, secret: Secret | undefined) {
  if (secret) await write(folder, fileOf(arn), JSON.stringify({ format: 1, secret }));
  else await rm(join(folder, fileOf(arn)), { force: true });
}

async function write(folder: string, file: string, content: string) {
  const aside = join(folder, `${file}.tmp`);
  const handle = await open(aside, 'w', 0o600);
  try {
    await handle.writeFile(content);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(aside, join(folder, file));
}

/** Makes the renames themselves survive. */
async function sync(folder: string) {
  const handle = await open(folder, 'r');
  await handle.sync().finally(() => handle.close());
}

const fileOf = (arn: string) => `${createHash('sha256').update(arn).digest('hex')}.json`;
const codeOf = (error: unknown) =>
  error instanceof Error ? ((error as NodeJS.ErrnoException).code ?? 'it is damaged') : 'unknown';
