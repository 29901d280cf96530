import {
  type Deployment,
  DescribeServicesCommand,
  DescribeTaskDefinitionCommand,
  DescribeTasksCommand,
  type DesiredStatus,
  ECSClient,
  ListTasksCommand,
  type Service,
  type Task,
  UpdateServiceCommand,
} from '@aws-sdk/client-ecs';
import * as z from 'zod';
import { createSender } from '../../lib/aws/sender.ts';
import type { Copy, Dependent, DependentContext, Effect, Evidence } from '../../lib/engine/contract.ts';
import { RotationError } from '../../lib/engine/errors.ts';
import { facts } from './facts.ts';

const name = z.string().regex(/^[\w-]{1,255}$/, 'must be a name, and no ARN');
const target = z.strictObject({
  cluster: name.describe('The name of the cluster.'),
  service: name.describe('The name of the service.'),
  variable: z.string().min(1).describe('The variable of its containers that names, by `valueFrom`, where the token is read.'),
  reads: z
    .enum(['secret', 'copy'])
    .describe(
      'What it reads: `secret`, the rotated secret itself, so that it is started anew after promotion; `copy`, what another dependent keeps, which `after` names.',
    ),
  region: z.string().min(1).optional().describe('Its region, where it is another one.'),
});
type Target = z.infer<typeof target>;
type Context = DependentContext<Target, unknown>;

const send = createSender(facts.name, ECSClient, ({ cluster, service }: Target) => `${cluster}/${service}`);

export const awsEcsService: Dependent<Target, unknown> = {
  facts,
  target,
  authority: z.strictObject({}),

  forTarget: ({ reads }) => ({
    ...awsEcsService,
    facts: { ...facts, readsFrom: reads === 'secret' ? 'the-secret' : 'another-place' },
  }),

  async read(context) {
    await readSources(context, await readService(context));
    return { readClass: 'none', exists: undefined };
  },

  /** Nothing is written: what is remembered is which deployment was there, so that whatever comes after it began after the change. */
  async apply(context, copy) {
    const service = await readService(context);
    await assertReads(context, service, copy);
    return { version: primaryOf(context, service).id };
  },

  async activate(context, _copy, applied) {
    const service = await readService(context);
    const primary = primaryOf(context, service);
    // Every call starts another roll-out, so one that began since is as good, whoever began it.
    if (applied.version !== undefined && primary.id !== applied.version) return { activation: primary.id };
    if (service.desiredCount === 0 && service.runningCount === 0) return {};
    const { cluster, service: name } = context.target;
    const answer = await send(
      context,
      'UpdateService',
      (client) => client.send(new UpdateServiceCommand({ cluster, service: name, forceNewDeployment: true })),
      { once: true },
    );
    const started = answer.service && primaryOf(context, answer.service);
    if (started === undefined || started.id === primary.id) throw notYet(`the new deployment of ${name} does not show yet`);
    return { activation: started.id };
  },

  async inEffect(context, copy, evidence) {
    const service = await readService(context);
    await assertReads(context, service, copy);
    const tasks = await readTasks(context, 'RUNNING');
    if (service.desiredCount === 0 && service.runningCount === 0 && tasks.length === 0)
      return {
        state: 'in-effect',
        by: 'reading',
        detail: 'nothing runs there, and whatever is started reads the token that is current then',
      };
    if (evidence?.version === undefined)
      return { state: 'not-yet', detail: 'it is not known to have been started anew since the token changed' };
    return (await failureOf(context, service, evidence)) ?? progressOf(context, service, tasks, evidence);
  },
};

async function readService(context: Context): Promise<Service> {
  const { cluster, service: name } = context.target;
  const { services = [], failures = [] } = await send(context, 'DescribeServices', (client) =>
    client.send(new DescribeServicesCommand({ cluster, services: [name] })),
  );
  const [service] = services;
  if (service === undefined || failures.length > 0 || service.status === 'INACTIVE') {
    const why = failures[0]?.reason ?? service?.status ?? 'MISSING';
    throw refusal(
      'absent',
      context,
      `is not there (${/^[A-Z_]{1,40}$/.test(why) ? why : 'no reason'})`,
      'Correct `cluster`, `service` or `region` of its target.',
    );
  }
  const controller = service.deploymentController?.type ?? 'ECS';
  if (controller !== 'ECS') {
    const fix =
      'Take it out of `dependents:` and name it under `consumers:`, and let its own pipeline start it anew after each rotation.';
    throw refusal(
      'rejected',
      context,
      `is deployed by ${controller === 'CODE_DEPLOY' ? 'CodeDeploy' : 'task sets of others'}, which this cannot start anew`,
      fix,
    );
  }
  return service;
}

/** Whence its containers read the variable. Throws where a new start would change nothing. */
async function readSources(context: Context, service: Service): Promise<readonly string[]> {
  const { variable } = context.target;
  const { taskDefinition } = service;
  const found = await send(context, 'DescribeTaskDefinition', (client) =>
    client.send(new DescribeTaskDefinitionCommand({ taskDefinition })),
  );
  const containers = found.taskDefinition?.containerDefinitions ?? [];
  const named = containers.find(({ environment = [] }) => environment.some((each) => each.name === variable));
  if (named !== undefined) {
    const fix = `Name it in \`secrets\` of the container, with a \`valueFrom\`, and deploy; rotate after that.`;
    throw refusal(
      'rejected',
      context,
      `has ${variable} written into the \`environment\` of its task definition, which a new start does not change`,
      fix,
    );
  }
  const sources = containers.flatMap(({ secrets = [] }) =>
    secrets.flatMap((each) => (each.name === variable && each.valueFrom !== undefined ? [each.valueFrom] : [])),
  );
  if (sources.length === 0)
    throw refusal(
      'rejected',
      context,
      `has no container with ${variable} among its \`secrets\``,
      'Correct `variable`, or add it to the task definition and deploy.',
    );
  for (const source of sources) {
    const fault = faultOf(source);
    if (fault !== undefined)
      throw refusal(
        'rejected',
        context,
        `reads ${variable} from ${fault}, so that a new start changes nothing`,
        'Take the version out of its `valueFrom` and deploy; rotate after that.',
      );
  }
  return sources;
}

/** Only now is it known which secret is rotated. */
async function assertReads(context: Context, service: Service, { secretArn }: Copy): Promise<void> {
  const { variable, reads } = context.target;
  const isOfSecret = (await readSources(context, service)).map((source) => isFrom(source, secretArn));
  if (reads === 'secret' && isOfSecret.includes(false))
    throw refusal(
      'rejected',
      context,
      `reads ${variable} from something else than the rotated secret`,
      'Name the place that it reads among the dependents, in `after`, and say `reads: copy`; or correct its `valueFrom`.',
    );
  if (reads === 'copy' && isOfSecret.includes(true))
    throw refusal(
      'rejected',
      context,
      `reads ${variable} from the rotated secret itself`,
      'Say `reads: secret`; or correct its `valueFrom`.',
    );
}

interface Identified extends Deployment {
  readonly id: string;
}

function primaryOf(context: Context, { deployments = [] }: Service): Identified {
  const primary = deployments.find(({ status }) => status === 'PRIMARY');
  if (primary?.id !== undefined) return { ...primary, id: primary.id };
  throw notYet(`${context.target.service} shows no deployment that is the primary one`);
}

/** Every task of the service, page by page. */
async function readTasks(context: Context, desiredStatus: DesiredStatus): Promise<readonly Task[]> {
  const { cluster, service: serviceName } = context.target;
  const tasks: Task[] = [];
  let nextToken: string | undefined;
  for (let pages = 0; pages < mostPages; pages += 1) {
    const page = { cluster, serviceName, desiredStatus, maxResults: 100, ...(nextToken === undefined ? {} : { nextToken }) };
    const listed = await send(context, 'ListTasks', (client) => client.send(new ListTasksCommand(page)));
    const arns = listed.taskArns ?? [];
    if (arns.length > 0) tasks.push(...(await describeTasks(context, arns)));
    nextToken = listed.nextToken;
    if (nextToken === undefined) return tasks;
  }
  throw new RotationError('malformed', `${facts.name}: ListTasks of ${serviceName} got a list that does not end`, {
    fix: 'See in the AWS console how many tasks the service has.',
  });
}

/** 5,000 tasks are the most that a service may have. */
const mostPages = 100;

async function describeTasks(context: Context, arns: string[]): Promise<readonly Task[]> {
  const { cluster } = context.target;
  const { tasks = [], failures = [] } = await send(context, 'DescribeTasks', (client) =>
    client.send(new DescribeTasksCommand({ cluster, tasks: arns })),
  );
  // One that is gone since the list was made is no matter; any other would be a task of which nothing is known.
  if (failures.some(({ reason }) => reason !== 'MISSING')) throw notYet('not every task was shown');
  return tasks;
}

async function failureOf(context: Context, service: Service, evidence: Evidence): Promise<Effect | undefined> {
  const { deployments = [], events = [] } = service;
  const ours = deployments.find(({ id }) => id !== undefined && id === evidence.activation);
  const failed = (detail: string): Effect => ({ state: 'failed', detail });
  const primary = primaryOf(context, service);
  const watched = ours ?? (primary.id === evidence.version ? undefined : primary);
  if (watched === undefined) {
    // A circuit breaker went back to the deployment from before, and ours is in the list no more: only the events tell of it.
    const isTold = events.some(({ message = '' }) => message.includes(`${evidence.activation})`) && /\bfailed\b/.test(message));
    return evidence.activation !== undefined && isTold ? failed(`the deployment ${evidence.activation} failed`) : undefined;
  }
  const isOver = watched.rolloutState === 'COMPLETED';
  if (watched.rolloutState !== 'FAILED' && (isOver || (watched.failedTasks ?? 0) === 0)) return undefined;
  const stopped = await readTasks(context, 'STOPPED');
  const cannotPull = stopped.some(
    ({ startedBy, stopCode, stoppedReason = '' }) =>
      startedBy === watched.id && stopCode === 'TaskFailedToStart' && /unable to pull secrets/i.test(stoppedReason),
  );
  if (cannotPull) return failed('its tasks are unable to pull secrets: the execution role may not read what the variable names');
  return failed(
    watched.rolloutState === 'FAILED'
      ? `the deployment ${watched.id} failed`
      : `${watched.failedTasks} tasks of the deployment ${watched.id} did not start`,
  );
}

/**
 * What counts is the deployment that was started, or whatever came in its place. Once it is completed (ECS says so when as many run as are wanted,
 * and no others), what somebody deploys later and how many tasks come and go is no matter: all of them began after the change.
 */
function progressOf(context: Context, service: Service, tasks: readonly Task[], { version, activation }: Evidence): Effect {
  const { deployments = [], runningCount = 0, desiredCount = 0 } = service;
  const primary = primaryOf(context, service);
  const started = deployments.find(({ id }) => id !== undefined && id === activation);
  const since = started?.id === undefined ? primary : { ...started, id: started.id };
  const notYet = (detail: string): Effect => ({ state: 'not-yet', detail });
  if (since.id === version) return notYet('the deployment from before the change is still the one in use');
  const isOld = ({ createdAt }: Deployment) => createdAt === undefined || createdAt.getTime() < (since.createdAt?.getTime() ?? 0);
  if (since.rolloutState !== 'COMPLETED' || deployments.some(isOld))
    return notYet(`the deployment ${since.id} is under way: ${runningCount} of ${desiredCount} tasks run`);
  const old = tasks.filter((task) => !isSince(task, since));
  if (old.length > 0) return notYet(`${old.length} of ${tasks.length} tasks began before the change`);
  if (tasks.length === 0 && desiredCount > 0) return notYet(`none of ${desiredCount} tasks runs`);
  return { state: 'in-effect', by: 'receipt' };
}

/** Secrets are read after a task was made and before it has started, so its making is what counts; both by the clock of ECS. */
function isSince({ createdAt, startedAt, startedBy }: Task, { id, createdAt: since }: Identified): boolean {
  if (startedBy === id) return true;
  const began = createdAt ?? startedAt;
  return began !== undefined && since !== undefined && began.getTime() >= since.getTime();
}

function refusal(code: 'absent' | 'rejected', { target }: Context, how: string, fix: string): RotationError {
  return new RotationError(code, `${facts.name}: ${target.cluster}/${target.service} ${how}`, { fix, definite: true });
}

function notYet(why: string): RotationError {
  return new RotationError('not-yet', `${facts.name}: ${why}`, { fix: 'Nothing to do: it is asked again.', definite: true });
}

/** What stands in `valueFrom`: the name or ARN of a parameter, or the ARN of a secret with a JSON key, a stage and a version after it. */
interface Parsed {
  /** The ARN of the secret; undefined where it is a parameter. */
  readonly secret: string | undefined;
  readonly stage: string;
  readonly version: string;
}

function parseSource(valueFrom: string): Parsed {
  const parts = valueFrom.split(':');
  if (parts[0] === 'arn' && parts[2] === 'secretsmanager')
    return { secret: parts.slice(0, 7).join(':'), stage: parts[8] ?? '', version: parts[9] ?? '' };
  // No name of a parameter has a colon in it: what follows one is a version or a label.
  const after = parts[0] === 'arn' ? parts.slice(6) : parts.slice(1);
  return { secret: undefined, stage: '', version: after.join(':') };
}

/** Why a new start would read the same again, in words; undefined where it reads what is current. */
function faultOf(valueFrom: string): string | undefined {
  const { stage, version } = parseSource(valueFrom);
  if (version !== '') return 'one version that its `valueFrom` pins';
  return stage === '' || stage === 'AWSCURRENT' ? undefined : 'another stage than AWSCURRENT';
}

/** Whether this is the secret; it may be named without the six characters at the end of its ARN. */
function isFrom(valueFrom: string, secretArn: string): boolean {
  const { secret } = parseSource(valueFrom);
  return secret !== undefined && (secret === secretArn || secret === secretArn.slice(0, -'-a1b2c3'.length));
}
