import { dirname, join } from 'node:path';
import type { FakeAnswer, FakeRequest, RotatorFake } from '../testing/fake.ts';
import { readJson, writeJson } from './files.ts';

/** What a stand-in can be asked to do wrong, so that people see a rehearsal fail before a provider does it. */
export const faults = {
  'refuses-revocation': 'refuses to end a token, as after somebody has taken rights from what ends them',
  'refuses-new-tokens': 'makes a token and does not accept it',
  'survives-revocation': 'says that it has ended a token, and goes on accepting it',
  'loses-answer': 'makes a token, and its answer is lost',
} as const;
export type Fault = keyof typeof faults;

interface Planted {
  /** Of the stand-in that does it. */
  readonly origin: string;
  readonly fault: Fault;
  readonly from: number;
  /** So that one whose command was killed is none for long. */
  readonly until: number;
}

/** No rehearsal is longer: so long a function works. */
const longestMilliseconds = 15 * 60_000;
const fileIn = (stateFolder: string) => join(stateFolder, 'fault.json');

/** From now on the stand-in at this address does it, until what comes back is called. */
export function plantFault(stateFolder: string, { api, fault, now }: { api: string; fault: Fault; now: number }): () => void {
  const planted = { origin: new URL(api).origin, fault, from: now, until: now + longestMilliseconds };
  writeJson(fileIn(stateFolder), planted satisfies Planted);
  return () => writeJson(fileIn(stateFolder), { ...planted, until: now } satisfies Planted);
}

/** Where and when a stand-in is asked. `file` lies in the folder of the state; `agedSeconds` is how much older than it is it makes a new token. */
interface Asked {
  readonly origin: string;
  readonly file: string;
  readonly now: number;
  readonly agedSeconds: number;
}

/** Answers as the stand-in does, or otherwise where that was asked for. */
export function answerWithFaults(
  fake: Pick<RotatorFake, 'handle' | 'state'>,
  { origin, file, now, agedSeconds }: Asked,
  request: FakeRequest,
): FakeAnswer {
  const planted = readJson(fileIn(dirname(file))) as Planted | undefined;
  if (planted === undefined || planted.origin !== origin || now < planted.from || now >= planted.until)
    return fake.handle(request);
  return wrong[planted.fault](fake, request, planted.from - agedSeconds * 1000);
}

type Wrong = (fake: Pick<RotatorFake, 'handle' | 'state'>, request: FakeRequest, newSince: number) => FakeAnswer;

const wrong: Readonly<Record<Fault, Wrong>> = {
  'refuses-revocation': (fake, request) => (request.method === 'DELETE' ? { status: 403 } : fake.handle(request)),
  'refuses-new-tokens': (fake, request, newSince) => {
    const isNew = ({ createdAt, value }: RotatorFake['state']['tokens'][number]) =>
      createdAt >= newSince && request.headers['authorization'] === `Bearer ${value}`;
    return fake.state.tokens.some(isNew) ? { status: 401 } : fake.handle(request);
  },
  'survives-revocation': (fake, request) => {
    const before = fake.state;
    const answer = fake.handle(request);
    if (request.method === 'DELETE') fake.state = before;
    return answer;
  },
  'loses-answer': (fake, request) => {
    const answer = fake.handle(request);
    return request.method === 'POST' ? { status: 504 } : answer;
  },
};
