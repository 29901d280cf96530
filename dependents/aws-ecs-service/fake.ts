import * as z from 'zod';
import { AwsError } from '../../lib/local/aws-error.ts';
import type { DependentFake, FakeWorld } from '../../lib/testing/fake.ts';
import { commandInput } from '../../lib/testing/in-process.ts';

interface Deployed {
  readonly id: string;
  readonly createdAt: number;
  /** When its tasks have taken the place of all others. */
  readonly readyAt: number;
  /** What its tasks have read when they were started; undefined where there was nothing yet. */
  readonly value: string | undefined;
  readonly isFailing?: boolean;
}

interface State {
  /** The newest that is through, and what came after it. */
  readonly deployments: readonly Deployed[];
  readonly started: number;
  readonly desiredCount: number;
  readonly controller: 'ECS' | 'CODE_DEPLOY' | 'EXTERNAL';
  readonly valueFrom: string;
  /** Variables that are written into the task definition itself. */
  readonly environment: Readonly<Record<string, string>>;
  readonly events: readonly string[];
  /** The most tasks in one page. */
  readonly pageLength: number;
  /** Whether new tasks may read what the variable names. */
  readonly mayPull: boolean;
}

interface ServiceFake extends DependentFake {
  state: State;
  given(value: string): void;
  readonly aws: { ECSClient(operation: string, input: object): object };
}

const cluster = z.literal('prod');
const inputs = {
  DescribeServices: z.strictObject({ cluster, services: z.array(z.string()).min(1).max(10) }),
  DescribeTaskDefinition: z.strictObject({ taskDefinition: z.string().regex(/^arn:aws:ecs:/) }),
  UpdateService: z.strictObject({ cluster, service: z.literal('api'), forceNewDeployment: z.literal(true) }),
  ListTasks: z.strictObject({
    cluster,
    serviceName: z.literal('api'),
    desiredStatus: z.enum(['RUNNING', 'STOPPED']),
    maxResults: z.int().min(1).max(100),
    nextToken: z.string().optional(),
  }),
  DescribeTasks: z.strictObject({ cluster, tasks: z.array(z.string()).min(1).max(100) }),
};

const variable = 'API_TOKEN';
const rollOutMilliseconds = 40_000;
const secretArn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret';
const taskDefinition = 'arn:aws:ecs:us-east-1:000000000000:task-definition/api:7';

/** One service whose tasks read the rotated secret itself, as most do. */
export const fake = (world: FakeWorld) => serviceReading(world, 'secret', `${secretArn}:app/token`);

/** The same, whose tasks read the copy that another dependent keeps in a field of another secret. */
export const fakeOfCopy = (world: FakeWorld) => serviceReading(world, 'copy', `${secretArn}:somewhere/else:TOKEN::`);

/** New tasks read at once and are long in coming; old ones run on with what they have until then; lists come in short pages. */
function serviceReading(world: FakeWorld, reads: 'secret' | 'copy', valueFrom: string): ServiceFake {
  const operations: Readonly<Record<string, (input: object) => object>> = {
    DescribeServices: (input) => describeServices(checked(inputs.DescribeServices, input)),
    DescribeTaskDefinition: (input) => describeTaskDefinition(checked(inputs.DescribeTaskDefinition, input)),
    UpdateService: (input) => updateService(checked(inputs.UpdateService, input)),
    ListTasks: (input) => listTasks(checked(inputs.ListTasks, input)),
    DescribeTasks: (input) => describeTasks(checked(inputs.DescribeTasks, input)),
  };
  const first: Deployed = { id: 'ecs-svc/1', createdAt: world.now(), readyAt: world.now(), value: undefined };

  const self: ServiceFake = {
    target: { cluster: 'prod', service: 'api', variable, reads },
    state: {
      deployments: [first],
      started: 1,
      desiredCount: 3,
      controller: 'ECS',
      valueFrom,
      environment: { LOG_LEVEL: 'info' },
      events: [],
      pageLength: 2,
      mayPull: true,
    },

    holds: () => inUse().value,
    given(value: string) {
      const [, name = '', key] = /secret:([^:]+)(?::([^:]+))?/.exec(valueFrom) ?? [];
      const SecretString = key === undefined ? value : JSON.stringify({ [key]: value });
      world.secretsManager.call('PutSecretValue', {
        SecretId: name,
        ClientRequestToken: `given-${world.random(32)}`,
        SecretString,
      });
    },
    tamper(value: string) {
      start({ value, readyAt: world.now() });
    },
    neighbours: () => ({ desiredCount: self.state.desiredCount, environment: self.state.environment }),

    aws: {
      ECSClient(operation: string, input: object) {
        const answer = operations[operation]?.(input);
        if (answer === undefined) throw new AwsError('UnknownOperationException', 'There is no such operation.');
        return answer;
      },
    },
  };

  function isReady({ readyAt, isFailing }: Deployed): boolean {
    return isFailing !== true && readyAt <= world.now();
  }

  function inUse(): Deployed {
    return self.state.deployments.findLast(isReady) ?? first;
  }

  /** What a task that starts now gets; undefined where there is no value yet. */
  function readSource(): string | undefined {
    const [, name = '', key] = /secret:([^:]+)(?::([^:]+))?/.exec(self.state.valueFrom) ?? [];
    try {
      const { SecretString = '' } = world.secretsManager.call('GetSecretValue', { SecretId: name });
      return key === undefined ? SecretString : (JSON.parse(SecretString) as Record<string, string>)[key];
    } catch {
      return undefined;
    }
  }

  function start(how: Pick<Deployed, 'value' | 'readyAt' | 'isFailing'>): void {
    const { deployments, started } = self.state;
    const since = deployments.indexOf(inUse());
    const deployed = { id: `ecs-svc/${started + 1}`, createdAt: world.now(), ...how };
    self.state = { ...self.state, started: started + 1, deployments: [...deployments.slice(since), deployed] };
  }

  function describeServices({ services }: z.infer<typeof inputs.DescribeServices>): object {
    if (services.join() === 'api') return { services: [shown()], failures: [] };
    return {
      services: [],
      failures: services.map((name) => ({ arn: `arn:aws:ecs:us-east-1:000000000000:service/${name}`, reason: 'MISSING' })),
    };
  }

  function shown(): object {
    const { deployments, desiredCount, controller } = self.state;
    const newest = deployments.at(-1);
    const there = deployments.slice(deployments.indexOf(inUse()));
    return {
      serviceName: 'api',
      status: 'ACTIVE',
      ...{ taskDefinition, desiredCount, runningCount: desiredCount, pendingCount: 0 },
      deploymentController: { type: controller },
      deployments: there.map((each) => ({
        id: each.id,
        status: each === newest ? 'PRIMARY' : 'ACTIVE',
        ...{ taskDefinition, desiredCount, createdAt: each.createdAt / 1000, updatedAt: each.createdAt / 1000 },
        failedTasks: each.isFailing ? 2 : 0,
        rolloutState: isReady(each) ? 'COMPLETED' : 'IN_PROGRESS',
      })),
      events: self.state.events.map((message, index) => ({ id: `event-${index}`, message })),
    };
  }

  function describeTaskDefinition(_input: object): object {
    const { environment, valueFrom } = self.state;
    const container = {
      name: 'api',
      environment: Object.entries(environment).map(([name, value]) => ({ name, value })),
      secrets: [{ name: variable, valueFrom }],
    };
    return { taskDefinition: { taskDefinitionArn: taskDefinition, containerDefinitions: [{ name: 'proxy' }, container] } };
  }

  function updateService(_input: object): object {
    const isFailing = !self.state.mayPull;
    start({ value: readSource(), readyAt: world.now() + rollOutMilliseconds, ...(isFailing ? { isFailing } : {}) });
    return { service: shown() };
  }

  /** The first new task runs beside all the old ones, until the roll-out is through. */
  function tasksOf(desiredStatus: string): readonly { arn: string; deployed: Deployed }[] {
    const { deployments, desiredCount } = self.state;
    const newest = deployments.at(-1) ?? first;
    const of = (deployed: Deployed, count: number) =>
      Array.from({ length: count }, (_, index) => ({ arn: `${deployed.id.replace('ecs-svc/', 'task-')}-${index}`, deployed }));
    if (desiredStatus === 'STOPPED') return newest.isFailing === true ? of(newest, 2) : [];
    const coming = newest === inUse() || newest.isFailing === true ? [] : of(newest, Math.min(1, desiredCount));
    return [...of(inUse(), desiredCount), ...coming];
  }

  function listTasks({ desiredStatus, nextToken = '0' }: z.infer<typeof inputs.ListTasks>): object {
    const all = tasksOf(desiredStatus).map(({ arn }) => `arn:aws:ecs:us-east-1:000000000000:task/prod/${arn}`);
    const end = Number(nextToken) + self.state.pageLength;
    return { taskArns: all.slice(Number(nextToken), end), ...(end < all.length ? { nextToken: String(end) } : {}) };
  }

  function describeTasks({ tasks }: z.infer<typeof inputs.DescribeTasks>): object {
    const known = [...tasksOf('RUNNING'), ...tasksOf('STOPPED')];
    const found = tasks.map((taskArn) => ({ taskArn, task: known.find(({ arn }) => taskArn.endsWith(`/${arn}`)) }));
    return {
      tasks: found.flatMap(({ taskArn, task }) => (task === undefined ? [] : [shownTask(taskArn, task.deployed)])),
      failures: found.flatMap(({ taskArn, task }) => (task === undefined ? [{ arn: taskArn, reason: 'MISSING' }] : [])),
    };
  }

  function shownTask(taskArn: string, { id, createdAt, isFailing }: Deployed): object {
    const stopped = {
      lastStatus: 'STOPPED',
      stopCode: 'TaskFailedToStart',
      stoppedReason: 'ResourceInitializationError: unable to pull secrets or registry auth: AccessDeniedException',
    };
    const began = { taskArn, startedBy: id, createdAt: createdAt / 1000 };
    return isFailing ? { ...began, ...stopped } : { ...began, startedAt: createdAt / 1000 + 10, lastStatus: 'RUNNING' };
  }

  return self;
}

function checked<Input>(shape: z.ZodType<Input>, input: object): Input {
  return commandInput(shape, input, 'InvalidParameterException');
}
