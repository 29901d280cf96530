import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  CancelRotateSecretCommand,
  CreateSecretCommand,
  InvalidRequestException,
  RotateSecretCommand,
} from '@aws-sdk/client-secrets-manager';
import type { Removal } from '../../lib/engine/uninstall.ts';
import { partitions } from '../../lib/history/partitions.ts';
import { type Fit, readTemplate } from './assembly.ts';
import {
  admitted,
  calendar,
  functionOf,
  functionPrefix,
  historyTable,
  installation,
  mailbox,
  names,
  owner,
  pages,
  reconciler,
  teller,
  writeCatalog,
} from './catalog.ts';
import type { Cleanup } from './cleanup.ts';
import {
  changed,
  describe,
  expiryOf,
  functionsNow,
  holderOf,
  invoke,
  type SecretNow,
  storedValue,
  writtenDown,
} from './deployed.ts';
import type { Place } from './place.ts';
import { Missing, noVersionWarning, run, tail } from './processes.ts';
import {
  deadLetterQueueOf,
  hideFor,
  mappingOf,
  openMailbox,
  send,
  setMapping,
  stateOf,
  takeOut,
  topicOf,
  waitingIn,
} from './queues.ts';
import { askRegistry, makeToken } from './registry.ts';
import { howToRemove, remainsOf, removeRemains } from './remains.ts';
import type { Report } from './report.ts';
import { policyStatements, sourceAccount } from './secrets-manager.ts';
import { changedTypes } from './template.ts';

/** How long a replaced token goes on working, as the first catalog says it and as the second does. */
const overlapHours = { first: 24, second: 25 } as const;
const stepNames = ['createSecret', 'setSecret', 'testSecret', 'finishSecret'];

/** The whole life of a deployment, from an account with nothing of it to an account with nothing of it. */
export async function playScenario(options: {
  /** Of this repository. */
  readonly root: string;
  readonly place: Place;
  /** For the catalogs and the assemblies. */
  readonly folder: string;
  readonly report: Report;
  readonly cleanup: Cleanup;
  readonly signal: AbortSignal;
  readonly onFit: (fit: Fit) => void;
}): Promise<void> {
  const { place, folder, report, cleanup, signal, onFit } = options;
  const { cdk, clients } = place;
  const { dynamoDb, secretsManager, lambda, sqs } = clients;
  const ofThis = ['--catalog', join(folder, 'catalog'), '--installation', installation];
  let assembly = '';

  await arrive();
  const { registry: registryAt, mail } = await place.providers();
  const registry = askRegistry(registryAt.url, registryAt.user, registryAt.password);
  const providers = [names.token.provider, ...(mail === undefined ? [] : [names.empty.provider])];
  const byHand = await adoptable();
  await deployFirst();
  await knockAtTheConsole();
  if (mail !== undefined) await fillTheEmptySecret(mail.url);
  await giveUpPoison();
  await rotateOnDemand('the token made by hand', byHand);
  const replaced = await current();
  await deployChanged();
  await rotateOnDemand('the token of the first rotation', replaced.token);
  await retire(replaced);
  await rehearse();
  await tell();
  await serveCalendar();
  await leave();

  async function arrive(): Promise<void> {
    report.scene('cdk bootstrap');
    const before = await remainsOf(clients);
    if (before.length > 0) throw new Missing(`There is something of an earlier run: ${before.join(', ')}. ${howToRemove}`);
    if (place.outlives) cleanup.add(`removing all of this test (${howToRemove})`, () => removeRemains(clients));
    await cdk.bootstrap();
    report.say(`in ${place.name}, with a bootstrap stack of its own`);
  }

  /** What a person has before Keyturn comes: a token made by hand, its copy, and what may make and revoke tokens. */
  async function adoptable(): Promise<string> {
    const { url, user, password } = registryAt;
    const token = await makeToken(url, user, password);
    const { field } = names.token;
    await create(names.token.secret, JSON.stringify({ [field]: token }));
    await create(names.copy.secret, JSON.stringify({ [names.copy.field]: token, registry: 'a field beside the copy' }));
    await create(names.token.authority, JSON.stringify({ user, password }));
    if (mail !== undefined) await create(names.empty.authority, mail.authority);
    report.say(`a secret with a token made by hand (${names.token.secret}), its copy, and the authorities`);
    return token;
  }

  async function create(name: string, text: string): Promise<void> {
    await secretsManager.send(new CreateSecretCommand({ Name: name, SecretString: text }));
  }

  async function deployFirst(): Promise<void> {
    report.scene('cdk deploy');
    assembly = await deploy('first');
    report.holds(
      'a function for each provider is there, a reconciler, one that tells, one that answers calendars, and the console',
      [...(await functionsNow(lambda, functionPrefix)).keys()].sort(),
      [calendar, reconciler, teller, pages, ...providers.map(functionOf)].sort(),
    );
    const environments = [...(await functionsNow(lambda, functionPrefix)).values()].filter((text) => text.includes('127.0.0.1'));
    report.holds('where AWS is stands in no environment variable, which somebody could change', environments, []);
    const { Stacks: [stack] = [] } = await clients.cloudFormation.send(new DescribeStacksCommand({ StackName: installation }));
    const isMarked = stack?.Outputs?.some(({ OutputKey }) => OutputKey === 'LocalEndpoint') === true;
    report.holds(place.isLocal ? 'the stack says that it is not for AWS' : 'the stack is for AWS', isMarked, place.isLocal);
    for (const provider of providers) {
      const statements = await policyStatements(lambda, functionOf(provider));
      const admitted = statements.filter(({ Principal }) => Principal?.Service === 'secretsmanager.amazonaws.com');
      report.holds(`Secrets Manager may invoke ${functionOf(provider)}, for this account only`, admitted.map(sourceAccount), [
        clients.account,
      ]);
    }
    const expiry = await expiryOf(dynamoDb, historyTable);
    report.holds('the table of the history is there', expiry !== undefined, true);
    if (!place.isLocal) report.holds('and forgets in time', expiry, 'expiresAt');
    report.holds(
      'the rotation is set up',
      (await now()).rotationFunctionArn?.endsWith(`:${functionOf(names.token.provider)}`),
      true,
    );
    await settled();
    report.holds('nothing was rotated: the token made by hand is current', (await current()).token === byHand, true);
    report.holds('and no other is alive', await registry.liveTokens(), 1);
    if (place.steps !== undefined) {
      const asked = place.steps.map(({ step }) => step);
      report.holds('Secrets Manager asked for its test run, and for nothing else', [...new Set(asked)], ['testSecret']);
    }
  }

  /** As an HTTP API hands a request on. Signing in is tried in this repository's own tests, on a real issuer. */
  async function knockAtTheConsole(): Promise<void> {
    report.scene('The console');
    const { Stacks: [stack] = [] } = await clients.cloudFormation.send(new DescribeStacksCommand({ StackName: installation }));
    const url = stack?.Outputs?.find(({ OutputKey }) => OutputKey?.startsWith('ConsoleUrl'))?.OutputValue ?? '';
    report.holds('the stack tells where it is', URL.canParse(url), true);
    const knock = async (sourceIp: string) => {
      const { host: domainName } = new URL(url);
      const http = { method: 'GET', path: `/tokens/${names.token.name}`, protocol: 'HTTP/1.1', sourceIp, userAgent: 'test' };
      const answer = (await invoke(lambda, pages, {
        version: '2.0',
        routeKey: 'ANY /{proxy+}',
        rawPath: http.path,
        rawQueryString: '',
        headers: { host: domainName },
        requestContext: { domainName, stage: '$default', http },
        isBase64Encoded: false,
      })) as { statusCode: number; headers: Record<string, string> };
      return { status: answer.statusCode, to: answer.headers['location'] };
    };
    report.holds('it turns away whoever comes from another address', await knock(admitted.other), { status: 403, to: undefined });
    report.holds('and sends whoever may come in to sign in', await knock(admitted.one), {
      status: 303,
      to: `/sign-in?to=${encodeURIComponent(`/tokens/${names.token.name}`)}`,
    });
  }

  async function fillTheEmptySecret(mailUrl: string): Promise<void> {
    report.scene('The first sweep fills what is empty');
    const value = () => storedValue(secretsManager, names.empty.secret);
    report.holds('a new secret is empty after the deployment', await value(), undefined);
    // As a run of the sweep hands on what it did not reach: from this token on.
    const rest = JSON.stringify({ Sweep: { From: names.empty.name, Generation: 1 } });
    await throughTheQueue(names.empty.provider, () => send(sqs, reconciler, rest));
    report.holds('the reconciler has taken what was handed on to it', await waitingIn(sqs, reconciler), 0);
    await until('the first rotation of the new secret is over', async () => {
      place.hurry(); // SendGrid takes a new key half a minute late, and so does its stand-in
      return (await value()) !== undefined && !isRotating(await describe(secretsManager, names.empty.secret));
    });
    await place.settled();
    const answer = await fetch(`${mailUrl}/v3/scopes`, { headers: { authorization: `Bearer ${await value()}` } });
    report.holds('then it has a token, which works at the provider', answer.status, 200);
    const steps = place.steps?.filter(({ secretArn }) => secretArn.includes(`:${names.empty.secret}-`)).map(({ step }) => step);
    if (steps !== undefined) report.holds('made by the four steps, in order', steps.slice(-stepNames.length), stepNames);
    report.holds('the sweep did not touch what is not empty', (await current()).token === byHand, true);
  }

  /** What a sweep asks for lies in the queue of the provider for as long as nobody takes from it, and is done when somebody does. */
  async function throughTheQueue(provider: string, ask: () => Promise<void>): Promise<void> {
    const name = functionOf(provider);
    const { id, queue, atOnce, batchSize } = await mappingOf(lambda, name);
    report.holds(
      'the function takes from the queue of its name',
      { queue, atOnce, batchSize },
      { queue: name, atOnce: 5, batchSize: 1 },
    );
    await setMapping(lambda, id, false);
    await until('nobody takes from the queue', async () => (await stateOf(lambda, id)) === 'Disabled');
    await ask();
    await until('the job lies in the queue', async () => (await waitingIn(sqs, name)) > 0);
    report.holds('what the sweep asked for lies in the queue of its provider', (await waitingIn(sqs, name)) > 0, true);
    await setMapping(lambda, id, true);
    await until('the queue is empty', async () => {
      place.hurry();
      return (await waitingIn(sqs, name)) === 0;
    });
  }

  /** A message that is no job is done with by nobody: it comes three times, harms nothing, and is kept where an alarm looks. */
  async function giveUpPoison(): Promise<void> {
    report.scene('A message that nobody understands');
    const name = functionOf(names.token.provider);
    const failures = await deadLetterQueueOf(sqs, name);
    const before = (await current()).token;
    report.holds('nothing was given up so far', await waitingIn(sqs, failures), 0);
    const poison = '{ "Job": "none that there is" }';
    const seconds = await hideFor(sqs, name, 2);
    report.say(`the queue hides what was taken for 2 seconds, and not for ${seconds}, so that this need not be waited for`);
    await send(sqs, name, poison);
    await until('it is given up', async () => (await waitingIn(sqs, failures)) > 0);
    report.holds('it lies in the queue of failures as it was sent', await takeOut(sqs, failures), poison);
    report.holds('and no longer in its own', await waitingIn(sqs, name), 0);
    report.holds('the token is as it was', (await current()).token === before, true);
    await hideFor(sqs, name, seconds);
  }

  /** A person presses "Rotate secret immediately". */
  async function rotateOnDemand(what: string, before: string): Promise<void> {
    report.scene('RotateSecret');
    const alive = await registry.liveTokens();
    const stepsBefore = place.steps?.length ?? 0;
    const { arn } = await now();
    const versionId = await askForRotation(arn);
    await until('the rotation is over', async () => {
      const after = await now();
      return holderOf(after, 'AWSCURRENT') === versionId && !isRotating(after);
    });
    if (place.steps !== undefined) {
      await settled();
      const own = place.steps.slice(stepsBefore).filter(({ secretArn }) => secretArn === arn);
      report.holds(
        'each step ran once, in the deployed function',
        own.map(({ step, ok }) => (ok ? step : `${step} failed`)),
        stepNames,
      );
      report.holds(
        'all of them in the function of the provider',
        [...new Set(own.map(({ functionArn }) => functionArn.split(':').at(-1)))],
        [functionOf(names.token.provider)],
      );
    }
    const { token } = await current();
    report.holds('one token was made, and none revoked', await registry.liveTokens(), alive + 1);
    report.holds('the new token is another one, and works', token !== before && (await registry.accepts(token)), true);
    report.holds(`${what} still works`, await registry.accepts(before), true);
    report.holds('the copy has the new token', (await copyNow()) === token, true);
    const beside = await storedValue(secretsManager, names.copy.secret, 'registry');
    report.holds('and the field beside it is as it was', beside, 'a field beside the copy');
    await writtenDownOf(arn, versionId);
  }

  /** What the deployed function remembers of a rotation: without it, a place that cannot be read back would never be proven to have the token. */
  async function writtenDownOf(arn: string, versionId: string): Promise<void> {
    const { provider, name } = names.token;
    const ofVersion = async (partition: string) =>
      (await writtenDown(dynamoDb, historyTable, partition)).filter((each) => each['versionId'] === versionId);
    const receipts = await ofVersion(partitions.secret(provider, arn));
    report.holds(
      'the table has the receipt of the copy, written and in effect',
      receipts.map(({ dependent, isWritten, inEffectAt }) => [dependent, isWritten, typeof inEffectAt]),
      [['build copy', true, 'number']],
    );
    const told = await ofVersion(partitions.token(provider, name));
    report.holds('and what happened, each once', told.map(({ what }) => what).sort(), ['token.minted', 'token.rotated']);
  }

  /** The watch of a deployed sweep asked the provider and the places, and wrote down what it found. */
  async function lookedAt({ arn, ...secret }: SecretNow): Promise<void> {
    const versionId = holderOf({ arn, ...secret }, 'AWSCURRENT');
    const healths = async () => writtenDown(dynamoDb, historyTable, partitions.healths(names.token.provider));
    const own = async () => (await healths()).find((each) => each['token'] === names.token.name);
    await until('somebody has looked at what is current', async () => (await own())?.['versionId'] === versionId);
    const { verdict, findings } = (await own()) ?? {};
    // Strays are looked for at a time of the secret's own, which may be now or not. The token made by hand is then one: no label names it any more.
    const wrong = (findings as readonly { readonly code: string }[] | undefined)?.filter(({ code }) => code !== 'stray');
    report.holds('a look found the current token valid, and nothing wrong with it', [verdict, wrong], ['valid', []]);
  }

  /** Answers the new version's id. A rotation that is still going on, such as the test run of a deployment, is waited for. */
  async function askForRotation(secretArn: string): Promise<string> {
    let versionId = '';
    await until('Secrets Manager takes the rotation', async () => {
      try {
        versionId = (await secretsManager.send(new RotateSecretCommand({ SecretId: secretArn }))).VersionId ?? '';
        return true;
      } catch (error) {
        if (error instanceof InvalidRequestException) return false;
        throw error;
      }
    });
    return versionId;
  }

  async function deployChanged(): Promise<void> {
    report.scene('A changed catalog, and cdk deploy again');
    const before = await functionsNow(lambda, functionPrefix);
    const rotations = place.callsOf('RotateSecret');
    const { token, versionId } = await current();
    const alive = await registry.liveTokens();
    const templateBefore = readTemplate(join(assembly, `${installation}.template.json`));
    assembly = await deploy('second');
    await settled();
    report.holds(
      'of the stack the parts of the catalog have changed that have it, and nothing else',
      changedTypes(templateBefore, readTemplate(join(assembly, `${installation}.template.json`))),
      Array(4).fill('AWS::Lambda::LayerVersion'),
    );
    report.holds(
      "the provider's function, the reconciler, the calendars and the console have changed, and nothing else",
      changed(before, await functionsNow(lambda, functionPrefix)),
      [functionOf(names.token.provider), reconciler, calendar, pages].sort(),
    );
    const after = await current();
    report.holds('nothing was rotated', after.token === token && after.versionId === versionId, true);
    report.holds('as many tokens are alive as before', await registry.liveTokens(), alive);
    if (rotations !== undefined) report.holds('no rotation was set up anew', place.callsOf('RotateSecret'), rotations);
  }

  async function retire({ token, versionId }: Current): Promise<void> {
    report.scene('The overlap, and its end');
    const labelsOf = async () => (await now()).versions[versionId] ?? [];
    await sweep();
    const isStamped = async () => (await labelsOf()).some((label) => label.startsWith('keyturn-since/'));
    await until('the sweep has stamped the replaced version', isStamped);
    report.holds(
      'it has stamped the replaced version, whose token goes on working',
      (await isStamped()) && (await registry.accepts(token)),
      true,
    );
    report.say(await place.endOverlap((await now()).arn, versionId, overlapHours.second));
    const alive = await registry.liveTokens();
    await sweep();
    await until('the old token is revoked, proven dead, and its label gone', async () =>
      (await labelsOf()).every((label) => !label.startsWith('keyturn/')),
    );
    report.holds('the next sweep has the old token revoked: the registry refuses it', await registry.accepts(token), false);
    report.holds('one token fewer is alive', await registry.liveTokens(), alive - 1);
    await lookedAt(await now());
    report.holds('the current token works', await registry.accepts((await current()).token), true);
    report.holds('the token made by hand was not ours to revoke, and works', await registry.accepts(byHand), true);
  }

  /** What people ask for by `keyturn drill`: the deployed function makes a token that nobody gets, ends it, and proves it dead. */
  async function rehearse(): Promise<void> {
    report.scene('A rehearsal');
    const { provider, name } = names.token;
    const [before, alive, copy] = [await now(), await registry.liveTokens(), await copyNow()];
    const drilled = (await keyturn('drill', name, ...ofThis)) as { outcome: string; seconds: object };
    report.holds('keyturn drill passes', drilled.outcome, 'passed');
    report.holds('after each of its four parts', Object.keys(drilled.seconds).length, 4);
    report.holds('nothing of the secret has moved', (await now()).versions, before.versions);
    report.holds('nor of its copy', (await copyNow()) === copy, true);
    report.holds('and the token made for it is not alive', await registry.liveTokens(), alive);
    const told = (await writtenDown(dynamoDb, historyTable, partitions.token(provider, name))).map(({ what }) => what);
    report.holds('the history has it, once', told.filter((what) => what === 'drill.passed').length, 1);
    const { tokens } = (await keyturn('status', name, ...ofThis)) as {
      tokens: { provenAt?: number; changedSinceProven: string[] }[];
    };
    const [{ provenAt, changedSinceProven } = { changedSinceProven: undefined }] = tokens;
    report.holds('keyturn status says when it was proven', typeof provenAt, 'number');
    report.holds('and that nothing was changed since', changedSinceProven, []);
  }

  /** Somebody turns the rotation off: the deployed sweep finds it, and who owns the token reads of it, and again when it is over. */
  async function tell(): Promise<void> {
    report.scene('An alert, and that it is over');
    const { arn } = await now();
    const topicArn = await topicOf(lambda, teller);
    await openMailbox(clients, { name: mailbox, topicArn, address: owner.email });
    await secretsManager.send(new CancelRotateSecretCommand({ SecretId: arn }));
    await sweep();
    const opened = await letter(`[Keyturn, soon] Rotation of ${names.token.name} is turned off`);
    report.holds('the owner reads that rotation is turned off', opened !== '', true);
    report.holds('and what to do', opened.includes(`keyturn rotate ${names.token.name}`), true);
    report.holds('and no value', /canary|npm_/.test(opened), false);
    await secretsManager.send(
      new RotateSecretCommand({ SecretId: arn, RotateImmediately: false, RotationRules: { AutomaticallyAfterDays: 30 } }),
    );
    await settled();
    await sweep();
    // What comes and goes within minutes is told once: recovery is believed a while later.
    if (place.pass === undefined) return;
    place.pass(15);
    await sweep();
    const closed = await letter(`[Keyturn, over] Rotation of ${names.token.name}`);
    report.holds('and then that it is over', closed.includes('This is over'), true);
  }

  /**
   * The next message for the owner whose subject begins so. Others may come before it: which of them a sweep tells first is a matter of which job
   * was done first, and the token made by hand, which no label names any more, is told as well.
   */
  async function letter(beginning: string): Promise<string> {
    let text: string | undefined;
    await until(`the owner is sent a message that begins with "${beginning}"`, async () => {
      const { Subject = '', Message = '' } = JSON.parse((await takeOut(sqs, mailbox)) ?? '{}') as {
        Subject?: string;
        Message?: string;
      };
      if (Subject.startsWith(beginning)) text = Message;
      return text !== undefined;
    });
    return text ?? '';
  }

  /** What a calendar program does, with the address that `keyturn calendar --address` prints. */
  async function serveCalendar(): Promise<void> {
    report.scene('A calendar');
    const { address } = (await keyturn('calendar', ...ofThis, '--person', owner.id, '--address')) as { address: string };
    const { statusCode, body } = await askCalendar(new URL(address).pathname);
    report.holds('the address that keyturn calendar prints answers', statusCode, 200);
    report.holds('with what the owner has to do with', body.includes(`SUMMARY:${names.token.name} is rotated`), true);
    const forged = await askCalendar(new URL(address).pathname.replace(owner.id, 'grace'));
    report.holds('and with nothing for another person by the same signature', forged.statusCode, 404);
  }

  async function askCalendar(path: string): Promise<{ readonly statusCode: number; readonly body: string }> {
    const event = { version: '2.0', rawPath: path, requestContext: { http: { method: 'GET', path } } };
    return (await invoke(lambda, calendar, event)) as { statusCode: number; body: string };
  }

  /** As docs/deploying.md says it: first `keyturn uninstall`, so that nothing is rotated in between, then `cdk destroy`. */
  async function leave(): Promise<void> {
    report.scene('keyturn uninstall, and cdk destroy');
    const { token, versionId } = await current();
    const uninstalled = await keyturn('uninstall', join(folder, 'catalog'), '--yes');
    const told = (uninstalled as { tokens: readonly { token: string; found: Removal }[] }).tokens;
    const live = told.find((each) => each.token === names.token.name)?.found.live ?? [];
    report.holds(
      'keyturn uninstall lists the current token as still live',
      live.filter(({ use }) => use === 'current').map((each) => each.versionId),
      [versionId],
    );
    const after = await Promise.all(told.map((each) => describe(secretsManager, secretOf(each.token))));
    report.holds(
      'it has cancelled every rotation',
      after.map(({ rotationEnabled }) => rotationEnabled),
      told.map(() => false),
    );
    const labels = after.flatMap(({ versions }) => Object.values(versions).flat());
    report.holds(
      'and none of our labels is left, nor a rotation that waits',
      [...labels.filter((label) => label.startsWith('keyturn')), ...after.filter(isRotating)],
      [],
    );
    await cdk.destroy(assembly);
    report.holds('no function is left', [...(await functionsNow(lambda, functionPrefix)).keys()], []);
    report.holds('nor the table', await expiryOf(dynamoDb, historyTable), undefined);
    report.holds('the secret is still there, with the same token', (await current()).token === token, true);
    report.holds('which works', await registry.accepts(token), true);
    if (mail !== undefined) {
      report.holds(
        'the secret that the stack made is still there',
        (await storedValue(secretsManager, names.empty.secret)) !== undefined,
        true,
      );
    }
    const log = place.log();
    if (log !== undefined) {
      report.holds('the functions have logged what they did', /"event":"token.rotated"/.test(log), true);
      report.holds('and no value: all that the stand-ins issue begins alike', /canary/.test(log), false);
    }
    await removeRemains(clients);
    report.holds('what this test made itself is removed, to the last', await remainsOf(clients), []);
  }

  function secretOf(token: string): string {
    return token === names.token.name ? names.token.secret : names.empty.secret;
  }

  /** Synthesises and deploys; answers the assembly. */
  async function deploy(which: 'first' | 'second'): Promise<string> {
    const catalogFolder = join(folder, 'catalog');
    const hasMail = mail !== undefined;
    writeCatalog(catalogFolder, {
      registryUrl: registryAt.url,
      user: registryAt.user,
      overlapHours: overlapHours[which],
      hasMail,
    });
    const made = join(folder, `assembly-${which}`);
    const console = JSON.stringify({ admit: [admitted.range] });
    const settings = {
      'keyturn:calendarFeed': 'true',
      'keyturn:catalog': catalogFolder,
      'keyturn:prefix': installation,
      'keyturn:console': console,
    };
    await cdk.synth(made, { ...place.context, ...settings });
    onFit(await place.fit(made));
    await cdk.deploy(made);
    return made;
  }

  /** A command as people type it, with the credentials of this place; answers its JSON document. */
  async function keyturn(command: string, ...words: readonly string[]): Promise<unknown> {
    const { status, output } = await run(process.execPath, [join(options.root, 'bin/keyturn.cjs'), command, ...words, '--json'], {
      folder,
      environment: { ...place.environment, [noVersionWarning]: 'true' },
      signal,
    });
    if (status !== 0) throw new Error(`keyturn ${command} failed. The end of what it said:\n${tail(output)}`);
    return JSON.parse(output);
  }

  async function sweep(): Promise<void> {
    const { looked, failed } = (await invoke(lambda, reconciler, {})) as { looked: number; failed: number };
    report.holds(
      'the deployed reconciler has looked at every token',
      { looked, failed },
      { looked: providers.length, failed: 0 },
    );
  }

  function now(): Promise<SecretNow> {
    return describe(secretsManager, names.token.secret);
  }

  async function current(): Promise<Current> {
    const token = (await storedValue(secretsManager, names.token.secret, names.token.field)) ?? '';
    return { token, versionId: holderOf(await now(), 'AWSCURRENT') ?? '' };
  }

  function copyNow(): Promise<string | undefined> {
    return storedValue(secretsManager, names.copy.secret, names.copy.field);
  }

  /** Resolves when Secrets Manager asks nothing of a function. */
  async function settled(): Promise<void> {
    await until('Secrets Manager is at rest', async () => !isRotating(await now()));
    await place.settled();
  }

  /** Waits for something that comes about by itself. */
  async function until(what: string, isSo: () => Promise<boolean>, timeoutSeconds = 120): Promise<void> {
    const deadline = Date.now() + timeoutSeconds * 1000;
    while (!(await isSo())) {
      signal.throwIfAborted();
      if (Date.now() > deadline) throw new Error(`It did not come about within ${timeoutSeconds} seconds that ${what}.`);
      await setTimeout(300);
    }
  }
}

interface Current {
  readonly token: string;
  readonly versionId: string;
}

function isRotating(secret: SecretNow): boolean {
  const pending = holderOf(secret, 'AWSPENDING');
  return pending !== undefined && pending !== holderOf(secret, 'AWSCURRENT');
}
