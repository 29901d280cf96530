import * as z from 'zod';

/** What a repository is asked: as whom, with which key, and by which of its host's keys the host is known. */
export const question = z.strictObject({
  user: z.string().min(1),
  privateKey: z.string().min(1),
  /** `SHA256:` and base64 without padding, as `ssh-keygen -lf` prints them. */
  hostKeys: z.array(z.string()).min(1),
});

/** What an answer of 200 holds. */
export const answer = z.strictObject({ isRepository: z.literal(true) });

/** What else is said to whoever asks, in the words of HTTP, so that the door sorts and repeats it like everything else. */
export const said = {
  /** The repository answered, as git asks it before it fetches. */
  opened: 200,
  /** What was sent is no private key that SSH could use. */
  noKey: 400,
  /** The host knows no such key. */
  turnedAway: 401,
  /** The key was taken, and there is no such repository for it. */
  noRepository: 404,
  /** Somebody else answered: the host showed a key that is none of its own. Nothing was sent. */
  otherHost: 421,
  /** The key was taken, and then something was said that no repository says. */
  noAnswer: 502,
} as const;
