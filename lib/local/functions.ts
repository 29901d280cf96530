import { type ChildProcess, fork } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';

export interface LocalFunction {
  readonly name: string;
  /** The bundled handler. */
  readonly file: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutSeconds: number;
}

export type Invocation =
  | { readonly ok: true; readonly payload: unknown }
  | { readonly ok: false; readonly errorType: string; readonly errorMessage: string };

/** Stands in front of a function: for stories in which something goes wrong on purpose. */
export type Interceptor = (name: string, event: unknown, go: () => Promise<Invocation>) => Promise<Invocation>;

export interface FunctionHost {
  arnOf(name: string): string;
  exists(nameOrArn: string): boolean;
  /** Runs it to its end. Errors of the function are answers, as they are in Lambda. */
  invoke(nameOrArn: string, event: unknown): Promise<Invocation>;
  /** Resolves when nothing is running any more. */
  idle(): Promise<void>;
  /** Ends every process. */
  close(): void;
}

const runtime = fileURLToPath(new URL('./function-runtime.mjs', import.meta.url));

/**
 * Lambda on a laptop: each function in processes of its own, one event at a time in each, kept warm, with the environment that Lambda gives
 * and nothing of ours. `onLog` gets each line that a function writes.
 */
export function createFunctionHost(options: {
  readonly functions: readonly LocalFunction[];
  readonly region: string;
  readonly accountId: string;
  readonly onLog: (functionName: string, line: string) => void;
  readonly intercept?: Interceptor;
}): FunctionHost {
  const { functions, region, accountId, onLog, intercept = (_name, _event, go) => go() } = options;
  const arnOf = (name: string) => `arn:aws:lambda:${region}:${accountId}:function:${name}`;
  const find = (nameOrArn: string) => functions.find(({ name }) => name === nameOrArn || arnOf(name) === nameOrArn);
  const idle = new Map<string, Instance[]>();
  const all = new Set<Instance>();
  const running = new Set<Promise<Invocation>>();

  async function run(fn: LocalFunction, event: unknown): Promise<Invocation> {
    const instance = idle.get(fn.name)?.pop() ?? start(fn);
    const result = await instance.run(event, arnOf(fn.name), fn.timeoutSeconds);
    if (instance.isAlive()) idle.set(fn.name, [...(idle.get(fn.name) ?? []), instance]);
    else all.delete(instance);
    return result;
  }

  function start(fn: LocalFunction): Instance {
    const instance = startInstance(fn, { ...lambdaEnvironment(fn, region), ...fn.environment }, (line) => onLog(fn.name, line));
    all.add(instance);
    return instance;
  }

  return {
    arnOf,
    exists: (nameOrArn) => find(nameOrArn) !== undefined,
    async invoke(nameOrArn, event) {
      const fn = find(nameOrArn);
      if (fn === undefined)
        return { ok: false, errorType: 'ResourceNotFoundException', errorMessage: 'there is no such function' };
      const invocation = intercept(fn.name, event, () => run(fn, event));
      running.add(invocation);
      return invocation.finally(() => running.delete(invocation));
    },
    async idle() {
      while (running.size > 0) await Promise.allSettled(running);
    },
    close() {
      for (const instance of all) instance.end();
      all.clear();
      idle.clear();
    },
  };
}

interface Instance {
  run(event: unknown, invokedFunctionArn: string, timeoutSeconds: number): Promise<Invocation>;
  isAlive(): boolean;
  end(): void;
}

function startInstance(
  fn: LocalFunction,
  environment: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
): Instance {
  const child = fork(runtime, [], {
    env: { ...environment, KEYTURN_BUNDLE: pathToFileURL(fn.file).href },
    execArgv: [],
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  for (const stream of [child.stdout, child.stderr]) if (stream) createInterface({ input: stream }).on('line', onLine);
  const ready = next(child);
  return {
    async run(event, invokedFunctionArn, timeoutSeconds) {
      const first = await ready;
      if (first !== 'ready') return ended('Runtime.ExitError', 'the function could not be started');
      const answer = next(child);
      child.send({ event, invokedFunctionArn, deadline: Date.now() + timeoutSeconds * 1000 });
      const timer = setTimeout(() => child.kill('SIGKILL'), timeoutSeconds * 1000);
      const message = await answer;
      clearTimeout(timer);
      if (typeof message !== 'object' || message === null)
        return ended('Sandbox.Timedout', `the function did not end within ${timeoutSeconds} seconds`);
      if ('error' in message) return { ok: false, ...(message.error as { errorType: string; errorMessage: string }) };
      return { ok: true, payload: (message as { payload: unknown }).payload };
    },
    isAlive: () => child.connected && child.exitCode === null,
    end: () => child.kill('SIGKILL'),
  };
}

/** The child's next message, or undefined when it has gone. */
function next(child: ChildProcess): Promise<unknown> {
  return new Promise((resolve) => {
    const onMessage = (message: unknown) => {
      child.off('exit', onExit);
      resolve(message);
    };
    const onExit = () => {
      child.off('message', onMessage);
      resolve(undefined);
    };
    child.once('message', onMessage);
    child.once('exit', onExit);
  });
}

function ended(errorType: string, errorMessage: string): Invocation {
  return { ok: false, errorType, errorMessage };
}

/** What Lambda itself puts into a function's environment; the credentials are taken by the local endpoint, which takes any. */
function lambdaEnvironment({ name }: LocalFunction, region: string): Readonly<Record<string, string>> {
  return {
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: 'ASIALOCAL',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_SESSION_TOKEN: 'local',
    AWS_LAMBDA_FUNCTION_NAME: name,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '512',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${name}`,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
  };
}
