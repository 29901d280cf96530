import { createHash, createHmac } from 'node:crypto';
import * as z from 'zod';
import type { Copy, DependentContext, Effect, Instant, WorkflowRun } from './contract.ts';
import { asRotationError, RotationError } from './errors.ts';
import type { OpenDependent, OpenToken } from './open-token.ts';
import { Secret } from './secret.ts';
import type { Probe } from './token.ts';

/** What a place's probe was heard to say. `silent`: it did not answer, which is never evidence. `running`: an answer is on its way. */
export type Heard =
  | { readonly says: 'wanted' }
  | { readonly says: 'ours' | 'foreign' }
  | { readonly says: 'running'; readonly why: string }
  | { readonly says: 'silent'; readonly why: string; readonly problem: RotationError };

/** Whether a copy is in effect: as its place says, and where there is a probe, as whoever uses it has answered. */
export type Proven =
  | Effect
  | { readonly state: 'in-effect'; readonly by: 'probe' }
  | { readonly state: 'not-yet'; readonly detail: string; readonly probe: 'ours' | 'foreign' | 'running' | 'silent' };

/** What the probe said against it, where it was the probe. */
export function objectionOf(effect: Proven): 'ours' | 'foreign' | 'running' | 'silent' | undefined {
  return effect.state === 'not-yet' && 'probe' in effect ? effect.probe : undefined;
}

/** What stands before every nonce, so that an answer is never a signature of anything else that the value may be a key of. */
export const probePrefix = 'keyturn-probe-v1:';
/** All of a SHA-256. */
export const answerForm = /^[0-9a-f]{64}$/;

const routeAnswer = z.object({ answer: z.string().regex(answerForm) });

/** What whoever uses this value answers to a nonce: HMAC-SHA256, keyed by the value, over prefix and nonce, in hexadecimal digits. */
export function answerTo(nonce: string, value: Secret): string {
  return createHmac('sha256', Buffer.from(value.reveal(), 'utf8')).update(`${probePrefix}${nonce}`).digest('hex');
}

/** Whom to ask, and with what the answer is to be compared. */
export interface Question {
  readonly dependent: OpenDependent;
  readonly context: DependentContext<unknown, unknown>;
  readonly wanted: Copy;
  /** When it was last written, where that is known: what was answered before that write says nothing. */
  readonly appliedAt: Instant | undefined;
  /** The other values that the place may have of us; only asked for where it has not the wanted one. */
  readonly others: () => Promise<readonly Secret[]>;
}

/**
 * Asks the probe of a place once. Throws nothing that it may have met on the way: that is `silent`. An answer is shown to nobody, and compared in
 * constant time.
 */
export async function askProbe(open: OpenToken, probe: Probe, question: Question): Promise<Heard> {
  const { ports, token } = open;
  const { name } = question.dependent.entry;
  let heard: Heard;
  try {
    heard = 'route' in probe ? await askRoute(open, probe.route, question) : await askWorkflow(open, probe, question);
  } catch (cause) {
    const problem = asRotationError(cause, name);
    if (problem.code === 'refused' && !('route' in probe)) question.dependent.forgetAuthority();
    heard = { says: 'silent', why: problem.message, problem };
  }
  ports.log({ event: 'dependent.probed', token: token.name, dependent: name, state: heard.says });
  return heard;
}

/** What the place said, and then, where it says that all is done and there is a probe, what the probe says. */
export async function proven(open: OpenToken, effect: Effect, question: Question): Promise<Proven> {
  const { probe } = question.dependent.entry;
  if (probe === undefined || effect.state !== 'in-effect') return effect;
  const heard = await askProbe(open, probe, question);
  if (heard.says === 'wanted') return { state: 'in-effect', by: 'probe' };
  return { state: 'not-yet', detail: detailOf(heard), probe: heard.says };
}

/** Before anything is minted, also where nothing is there yet: the workflow can be asked. */
export async function assertWorkflow({ entry, plugin }: OpenDependent, context: Question['context']): Promise<void> {
  if (entry.probe === undefined || 'route' in entry.probe) return;
  try {
    await plugin.workflows?.assertReady(context, entry.probe.workflow);
  } catch (cause) {
    throw silent(entry.name, asRotationError(cause, entry.name));
  }
}

/** Before anything is minted: the route answers. `foreign`: with a value that is not ours. */
export async function tryRoute(open: OpenToken, question: Question): Promise<'ours' | 'foreign'> {
  const { entry } = question.dependent;
  if (entry.probe === undefined || !('route' in entry.probe)) return 'ours';
  const heard = await askProbe(open, entry.probe, question);
  if (heard.says === 'silent') throw silent(entry.name, heard.problem);
  return heard.says === 'foreign' ? 'foreign' : 'ours';
}

function silent(name: string, problem: RotationError): RotationError {
  const code = problem.ending === 'now' ? problem.code : 'dependent-failed';
  return new RotationError(code, `${name}: its probe cannot be asked: ${problem.message}`, {
    fix: `Mend what answers for ${name} as the docs on probes say, or remove \`probe\` from it in the catalog.`,
    definite: true,
    cause: problem,
  });
}

function detailOf(heard: Exclude<Heard, { says: 'wanted' }>): string {
  switch (heard.says) {
    case 'ours':
      return 'the probe still answers with an older value of ours';
    case 'foreign':
      return 'the probe answers with a value that is not ours';
    case 'running':
      return heard.why;
    case 'silent':
      return `the probe did not answer: ${heard.why}`;
  }
}

async function askRoute(open: OpenToken, url: string, question: Question): Promise<Heard> {
  const { ports } = open;
  const nonce = Buffer.from(ports.random(16)).toString('hex');
  const http = ports.http(`probe of ${question.dependent.entry.name}`, { api: undefined, hosts: [url] });
  const told = (await http('GET', url, { query: { nonce } })).json(routeAnswer);
  return judge(question, nonce, told.answer);
}

/** GitHub shows a run that was asked for after seconds; until then it is not asked for again. */
const showsAfterMilliseconds = 60_000;
/** An answer is as good as a look of yesterday, and a new one is asked for before it is no more. */
const goodForHours = 48;
const askAgainHours = 20;
/** A run that takes longer has met with something, and another is asked for. */
const longestRunHours = 1;
const hour = 3_600_000;

const askedAt = new WeakMap<OpenDependent, Instant>();

async function askWorkflow(open: OpenToken, probe: Extract<Probe, { workflow: string }>, question: Question): Promise<Heard> {
  const { dependent, context } = question;
  const { workflows } = dependent.plugin;
  if (workflows === undefined) {
    throw new RotationError('catalog', `${dependent.entry.name}: no workflow can be asked about this place`, {
      fix: 'Run `keyturn check` on the catalog: it names the line.',
      definite: true,
    });
  }
  const about = aboutOf(question);
  const run = await workflows.latest(context, { workflow: probe.workflow, about });
  const now = open.ports.clock.now();
  const heard = run && (await heardFrom(question, run, now));
  if (mustAsk(run, heard, now) && now - (askedAt.get(dependent) ?? 0) >= showsAfterMilliseconds) {
    askedAt.set(dependent, now);
    await workflows.start(context, { workflow: probe.workflow, ref: probe.ref, nonce: nonceAbout(about, open.ports.random(10)) });
  }
  return heard ?? { says: 'running', why: 'the workflow was asked, and has not answered yet' };
}

async function heardFrom(question: Question, run: WorkflowRun, now: Instant): Promise<Heard | undefined> {
  if (now - run.startedAt > goodForHours * hour) return undefined;
  if (run.state === 'running') return { says: 'running', why: 'the workflow has not answered yet' };
  if (run.answer === undefined) {
    const problem = new RotationError('malformed', 'the last run of the workflow ended without an answer', {
      fix: 'See why the run failed; the docs on probes have the workflow as it must be.',
    });
    return { says: 'silent', why: problem.message, problem };
  }
  return judge(question, run.nonce, run.answer);
}

function mustAsk(run: WorkflowRun | undefined, heard: Heard | undefined, now: Instant): boolean {
  if (run === undefined || heard === undefined) return true;
  const age = now - run.startedAt;
  if (heard.says === 'wanted') return age > askAgainHours * hour;
  return age > (heard.says === 'running' ? longestRunHours * hour : showsAfterMilliseconds);
}

/** Names the runs about one write of one copy, so that any attempt finds what an earlier one has asked for. */
function aboutOf({ dependent, wanted, appliedAt = 0 }: Question): string {
  const parts = [wanted.secretArn, dependent.entry.name, wanted.versionId, appliedAt];
  return createHash('sha256').update(parts.join('\0')).digest('hex').slice(0, 12);
}

function nonceAbout(about: string, random: Uint8Array): string {
  return `${about}${Buffer.from(random).toString('hex')}`;
}

async function judge(question: Question, nonce: string, answer: string): Promise<Heard> {
  const given = new Secret(answer);
  const isFrom = (value: Secret) => given.equals(new Secret(answerTo(nonce, value)));
  if (isFrom(question.wanted.value)) return { says: 'wanted' };
  return { says: (await question.others()).some(isFrom) ? 'ours' : 'foreign' };
}
