import { DescribeSecretCommand, RotateSecretCommand, UpdateSecretVersionStageCommand } from '@aws-sdk/client-secrets-manager';
import { facts as mailchimp } from '../../rotators/mailchimp/facts.ts';
import type { BusEvent } from '../local/event-bus.ts';
import { assistedToken, deployToken, isQuiet, observedToken, type Story, until } from '../local/story.ts';
import type { Installation } from '../operations/installation.ts';
import { submit } from '../operations/submit.ts';

/** The third act: what goes wrong in a year of operations, and what is done about it. */
export interface OperationsReport {
  readonly observe: { readonly zeroWrites: boolean };
  readonly expiryWarning: { readonly escalatedToBackup: boolean };
  readonly scopeDrift: { readonly reported: boolean };
  readonly deadToken: { readonly healed: boolean };
  readonly strayConsumer: { readonly held: boolean };
  readonly rollback: { readonly respected: boolean };
  readonly assisted: { readonly renewed: boolean };
}

/** What the act is played with. */
export interface OperationsStage {
  readonly story: Story;
  /** The same as commands act on it. */
  readonly installation: Installation;
  /** What was put on the bus so far, the newest last. */
  readonly events: readonly BusEvent[];
  scene(title: string): void;
  say(line: string): void;
  expect(what: string, holds: boolean): void;
  passTime(hours: number): Promise<void>;
}

export async function playOperations(stage: OperationsStage): Promise<OperationsReport> {
  const { story } = stage;
  const deploy = await openSecret(story, deployToken.secret, 'gitlab');

  stage.scene('A token that Keyturn may only look at comes to its end');
  await deploy.rotate(); // the first one of the second provider
  await sweep(stage);
  await stage.passTime(25);
  await sweep(stage);
  // On the state of an earlier story they may have heard of it then.
  const warning = (await story.alerts()).find(({ token, code }) => token === observedToken.name && code === 'expires');
  const escalatedToBackup = warning?.told?.includes('owner') === true && warning.told.includes('backup');
  stage.expect('the owner is warned of the expiry, and the backup when nobody says that they know', escalatedToBackup);

  stage.scene('Somebody gives a token more than it should have');
  const widened = (await deploy.value()) ?? '';
  story.forge.widen(widened, 'write_repository');
  await stage.passTime(25);
  await sweep(stage);
  const reported = told(stage, 'alert.opened', deployToken.name, 'scope-too-wide').length > 0;
  stage.expect('the scope that nobody declared is reported', reported);

  stage.scene('Somebody revokes the token in use');
  story.forge.revokeByHand(widened);
  await stage.passTime(25);
  await sweep(stage);
  await until(() => isQuiet(story.local, deploy.arn), 'the rotation ended', 60);
  const replacement = (await deploy.value()) ?? '';
  const healed = replacement !== widened && story.forge.ask(replacement) === 200;
  stage.expect('a new token is in use without anybody having asked for it', healed);

  stage.scene('A consumer that nobody knows of goes on with an old token');
  await deploy.rotate();
  await sweep(stage);
  for (let hours = 0; hours < 28; hours += 4) {
    await stage.passTime(4);
    story.forge.ask(replacement);
  }
  await sweep(stage);
  await sweep(stage);
  const isKept = story.forge.ask(replacement) === 200;
  const held = isKept && told(stage, 'alert.opened', deployToken.name, 'still-used').length > 0;
  stage.expect('the old token is kept for it, and its owner is told', held);
  await stage.passTime(10);
  await sweep(stage);
  stage.expect('once it is quiet, the old token is revoked', story.forge.ask(replacement) === 401);

  stage.scene('Somebody swaps the labels back');
  const before = (await deploy.value()) ?? '';
  await deploy.rotate();
  const after = (await deploy.value()) ?? '';
  await deploy.rollBack();
  await sweep(stage);
  await stage.passTime(30);
  await sweep(stage);
  await sweep(stage);
  const respected =
    (await deploy.value()) === before && story.forge.ask(before) === 200 && after !== before && story.forge.ask(after) === 401;
  stage.expect('what is current again stays, and the other one is retired', respected);

  const renewed = await renewByHand(stage);

  const zeroWrites = story.observedWrites() === 0 && story.observedForge.writes() === 0;
  stage.expect('nothing was written about the token that is only observed', zeroWrites);
  return {
    observe: { zeroWrites },
    expiryWarning: { escalatedToBackup },
    scopeDrift: { reported },
    deadToken: { healed },
    strayConsumer: { held },
    rollback: { respected },
    assisted: { renewed },
  };
}

/** No program can make this one: a person does, on the vendor's page, and gives it to Keyturn, which does the rest. */
async function renewByHand({ story, installation, scene, say, expect }: OperationsStage): Promise<boolean> {
  scene('A person makes a token that no program can make');
  const entry = installation.entry(assistedToken.name);
  const give = (value: string) => submit(installation, entry, mailchimp, { value });
  const old = (await story.textOf(assistedToken.secret)) ?? '';
  const again = await give(old);
  expect('the one that is in use is not taken for a new one', again.outcome === 'refused' && story.newsletterHolds() === old);

  const made = story.mailing.makeByHand();
  say(`$ keyturn submit ${assistedToken.name}`);
  const { outcome } = await give(` ${made}\n`);
  const { arn } = await installation.describe(entry);
  await until(
    async () => (await story.textOf(assistedToken.secret)) === made && (await isQuiet(story.local, arn)),
    'what the person made is current',
    60,
  );
  await story.local.host.idle();
  const isEverywhere = outcome === 'begun' && story.newsletterHolds() === made && story.mailing.ask(made) === 200;
  const renewed = isEverywhere && made !== old && story.mailing.ask(old) === 200;
  expect('what a person made is in use everywhere, and the old one goes on working', renewed);
  return renewed;
}

/** Sweeps until what it asked for is done: jobs are handed out, and run by themselves. */
async function sweep({ story: { local } }: OperationsStage): Promise<void> {
  await local.catchUp();
  for (const _ of ['what is due', 'what was found'] as const) {
    await local.sweep();
    await local.host.idle();
    await local.catchUp();
  }
}

function told({ events }: OperationsStage, what: string, token: string, code: string): readonly BusEvent[] {
  return events.filter(({ detailType, detail }) => {
    const { alert } = detail as { readonly alert?: { readonly token?: string; readonly code?: string } };
    return detailType === what && alert?.token === token && alert.code === code;
  });
}

/** A rotated secret, as those who rotate it see it. */
export async function openSecret(story: Story, secret: string, provider: string) {
  const { client } = story.local;
  const describe = async () => client.send(new DescribeSecretCommand({ SecretId: secret }));
  const { ARN: arn = secret } = await describe();
  const holderOf = async (label: string) =>
    Object.entries((await describe()).VersionIdsToStages ?? {}).find(([, labels]) => labels.includes(label))?.[0];
  return {
    arn,
    value: () => story.textOf(secret),
    async rotate() {
      await client.send(
        new RotateSecretCommand({
          SecretId: secret,
          RotationLambdaARN: story.local.functionArn(provider),
          RotationRules: { ScheduleExpression: 'rate(90 days)' },
        }),
      );
      await until(
        async () => (await isQuiet(story.local, arn)) && (await holderOf('AWSCURRENT')) !== undefined,
        'the rotation ended',
        90,
      );
      await story.local.host.idle();
    },
    async rollBack() {
      const [MoveToVersionId, RemoveFromVersionId] = [await holderOf('AWSPREVIOUS'), await holderOf('AWSCURRENT')];
      const move = { SecretId: secret, VersionStage: 'AWSCURRENT', MoveToVersionId, RemoveFromVersionId };
      await client.send(new UpdateSecretVersionStageCommand(move));
    },
  };
}
