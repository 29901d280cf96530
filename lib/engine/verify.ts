import type { Credential, Inspection, Verdict } from './contract.ts';
import { effectOf, observeOne, olderVersions, receiptsOf, type Versions } from './copies.ts';
import { asRotationError, RotationError } from './errors.ts';
import { judge } from './judge.ts';
import { underwayIn } from './labels.ts';
import type { OpenDependent, OpenToken } from './open-token.ts';
import type { StoredVersion } from './ports.ts';
import { objectionOf } from './probe.ts';
import type { Finding, Health } from './records.ts';
import { refOf } from './ref.ts';
import { isRestarting, onlyRestarts } from './restarts.ts';
import { readCurrent } from './step.ts';
import { decodeStored } from './stored-value.ts';

const day = 86_400_000;

/**
 * Looks at the current token as a whole: whether it works, is what the catalog declares, and is in effect in every dependent. Writes nothing.
 * What the provider does not say makes no finding. Throws where there is no current value, or none that can be read as a token.
 */
export async function verify(open: OpenToken, secretArn: string): Promise<Health> {
  const { ports, token } = open;
  const state = await ports.store.describe(secretArn);
  const version = await readCurrent(open, state.arn);
  if (version === undefined) {
    throw new RotationError('value-shape', `${token.name}: has no current value yet`, {
      fix: `Run \`keyturn rotate ${token.name}\` to give it its first one.`,
      definite: true,
    });
  }
  const credential = decodeStored(token.value, version.text);
  const { verdict, verified } = await ask(open, credential);
  const told = await inspectQuietly(open, version, credential);
  const scopes = verified?.scopes ?? told.scopes;
  const expiresAt = verified?.expiresAt ?? told.expiresAt;
  const isRotating = underwayIn(state) !== undefined;
  const older = olderVersions(open, state.arn, [version.versionId], state);
  const versions: Versions = { secretArn: state.arn, wanted: version, current: version, older };
  const places = await dependentFindings(open, versions, isRotating);
  return {
    token: token.name,
    secretArn: state.arn,
    versionId: version.versionId,
    checkedAt: ports.clock.now(),
    verdict,
    ...(expiresAt === undefined ? {} : { expiresAt }),
    createdAt: told.createdAt ?? version.createdAt, // stored as soon as it was made
    ...(scopes === undefined ? {} : { scopes }),
    ...(told.lastUsedAt === undefined ? {} : { lastUsedAt: told.lastUsedAt }),
    ...(Object.keys(places.answeredAt).length === 0 ? {} : { answeredAt: places.answeredAt }),
    findings: [...scopeFindings(open, scopes), ...expiryFindings(open, expiresAt, version), ...places.findings],
  };
}

async function ask(
  open: OpenToken,
  credential: Credential,
): Promise<{ verdict: Health['verdict']; verified?: Extract<Verdict, { ok: true }> }> {
  try {
    const judgement = await judge(open, credential);
    if (judgement.ok) return { verdict: 'valid', verified: judgement };
    return { verdict: judgement.why === 'rejected' ? 'invalid' : 'limited' };
  } catch (problem) {
    const { code, message } = asRotationError(problem, 'verify');
    open.ports.log({ event: 'verify.unclear', token: open.token.name, code, detail: message });
    return { verdict: 'unclear' };
  }
}

/** What the provider tells with the authority; nothing where it does not answer, because the token itself may work all the same. */
async function inspectQuietly(open: OpenToken, version: StoredVersion, credential: Credential): Promise<Inspection> {
  const inspect = open.rotator.inspect?.bind(open.rotator);
  if (inspect === undefined) return {};
  const ref = refOf(open.rotator.facts, version.labels, credential);
  try {
    return await open.withAuthority((context) => inspect(context, { credential, ...(ref === undefined ? {} : { ref }) }));
  } catch (problem) {
    const { code, message } = asRotationError(problem, 'verify');
    open.ports.log({ event: 'verify.untold', token: open.token.name, code, detail: message });
    return {};
  }
}

function scopeFindings({ token }: OpenToken, scopes: readonly string[] | undefined): readonly Finding[] {
  const { scopes: declared } = token.expect;
  if (scopes === undefined || declared === undefined) return [];
  return [
    ...declared
      .filter((scope) => !scopes.includes(scope))
      .map((scope) => ({
        code: 'scope-missing' as const,
        about: scope,
        message: `lacks the scope ${scope}`,
        fix: `Give the authority the right to hand out ${scope}, then run \`keyturn rotate ${token.name}\`.`,
      })),
    ...scopes
      .filter((scope) => !declared.includes(scope))
      .map((scope) => ({
        code: 'scope-too-wide' as const,
        about: scope,
        message: `has the scope ${scope}, which the catalog does not declare`,
        fix: `Take ${scope} out of \`scope:\` and rotate, or add it to \`expect.scopes\` if it is meant.`,
      })),
  ];
}

/** Measured from the version's birth, because a token grows older by itself. */
function expiryFindings({ token }: OpenToken, expiresAt: number | undefined, { createdAt }: StoredVersion): readonly Finding[] {
  const { expiresAfterDays, expiresWithinDays } = token.expect;
  if (expiresAt === undefined) return [];
  const days = Math.floor((expiresAt - createdAt) / day);
  const finding = (message: string): Finding => ({
    code: 'expiry-differs',
    about: 'expiry',
    message,
    fix: 'Change how long the authority lets tokens live, or `expect:` in the catalog, then rotate.',
  });
  return [
    ...(expiresAfterDays !== undefined && expiresAt < createdAt + expiresAfterDays * day
      ? [finding(`lives ${days} days, and the catalog expects at least ${expiresAfterDays}`)]
      : []),
    ...(expiresWithinDays !== undefined && expiresAt > createdAt + expiresWithinDays * day
      ? [finding(`lives ${days} days, and the catalog expects at most ${expiresWithinDays}`)]
      : []),
  ];
}

/** What was found at one place, and whether whoever uses it has answered with the current token. */
interface Look {
  readonly finding?: Finding | undefined;
  readonly isAnswered?: boolean;
}

async function dependentFindings(open: OpenToken, versions: Versions, isRotating: boolean) {
  const findings: Finding[] = [];
  const answeredAt: Record<string, number> = {};
  for (const dependent of open.dependents) {
    const look = await lookAt(open, dependent, versions).catch((problem): Look => ({ finding: unreachable(dependent, problem) }));
    const { finding, isAnswered = false } = look;
    // Between two tokens a place may hold either, and the rotation asks for itself.
    if (finding !== undefined && !(isRotating && ['dependent-drifted', 'dependent-restarting'].includes(finding.code)))
      findings.push(finding);
    if (isAnswered) answeredAt[dependent.entry.name] = open.ports.clock.now();
  }
  return { findings, answeredAt };
}

async function lookAt(open: OpenToken, dependent: OpenDependent, versions: Versions): Promise<Look> {
  const { name, onForeign } = dependent.entry;
  const one = await observeOne(open, dependent, versions, await receiptsOf(open, versions.secretArn));
  if (one.standing === 'foreign' && onForeign === 'stop')
    return { finding: strange(name, 'holds a value that is neither the current token nor one of ours') };
  const drifted = (message: string): Look => ({ finding: driftedFrom(open, name, message) });
  if (one.standing === 'absent') return drifted('holds no copy');
  const isOlder = one.standing !== 'wanted' && one.standing !== 'unknown';
  if (isOlder && onlyRestarts(dependent)) return drifted('was not started anew since the token changed');
  if (isOlder) return drifted('holds another token than the current one');
  const copy = dependent.copyOf(versions.wanted, versions.secretArn);
  const effect = await effectOf(open, one, copy);
  const objection = objectionOf(effect);
  if (objection === 'foreign' && onForeign === 'stop')
    return { finding: strange(name, 'is used with a value that is not ours, as its probe answers') };
  if (effect.state === 'not-yet' && objection === 'silent') return { finding: unasked(name, effect.detail) };
  const isOnItsWay = one.standing === 'wanted' && effect.state === 'not-yet' && objection === undefined;
  if (isOnItsWay && isRestarting(dependent, one.receipt, open.ports.clock.now()))
    return { finding: restarting(name, effect.detail) };
  // An answer that is on its way is read by the next look.
  if (effect.state !== 'in-effect' && objection !== 'running')
    return drifted(`does not have the current token in effect: ${effect.detail}`);
  const finding = shadowed(name, (await dependent.plugin.shadows?.(one.context, copy)) ?? []);
  return { finding, isAnswered: effect.state === 'in-effect' && effect.by === 'probe' };
}

function driftedFrom({ token }: OpenToken, name: string, message: string): Finding {
  return {
    code: 'dependent-drifted',
    about: name,
    message: `${name} ${message}`,
    fix: `Run \`keyturn heal ${token.name}\`, and see who changed ${name} if it happens again.`,
  };
}

function restarting(name: string, detail: string): Finding {
  return {
    code: 'dependent-restarting',
    about: name,
    message: `${name} is being started anew, and some of it still runs with an older token: ${detail}`,
    fix: 'Nothing to do: the next sweep looks again.',
  };
}

function strange(name: string, how: string): Finding {
  return {
    code: 'dependent-foreign',
    about: name,
    message: `${name} ${how}`,
    fix: `Find out who changed it; \`onForeign: adopt\` for ${name} in the catalog lets it be overwritten.`,
  };
}

function unasked(name: string, detail: string): Finding {
  return {
    code: 'dependent-unreachable',
    about: name,
    message: `${name} could not be asked which token it uses: ${detail}`,
    fix: `Mend what answers for ${name} as the docs on probes say, or remove \`probe\` from it in the catalog.`,
  };
}

/** Keyturn cannot know whether it is meant, so that it is only told. */
function shadowed(name: string, shadows: readonly string[]): Finding | undefined {
  if (shadows.length === 0) return undefined;
  return {
    code: 'dependent-shadowed',
    about: name,
    message: `some who read from ${name} may not get the current token: what goes before it is not known to hold it (${shadows.join(', ')})`,
    fix: `Delete it there, or add it to the token's \`dependents:\` so that it gets every new token; if it is meant, acknowledge this.`,
  };
}

function unreachable({ entry: { name } }: OpenDependent, problem: unknown): Finding {
  const { message, fix } = asRotationError(problem, 'verify');
  return { code: 'dependent-unreachable', about: name, message: `${name} could not be looked at: ${message}`, fix };
}
