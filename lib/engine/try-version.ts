import { RotationError } from './errors.ts';
import { judge } from './judge.ts';
import type { OpenToken } from './open-token.ts';
import { decodeStored } from './stored-value.ts';

/**
 * Whether the token in one version works now: what must be known before it is made current again. For the provider this is a use of it.
 * Throws where the provider does not say.
 */
export async function tryVersion(
  open: OpenToken,
  secretArn: string,
  versionId: string,
): Promise<{ readonly works: boolean; readonly detail?: string }> {
  const version = await open.ports.store.read(secretArn, { versionId });
  if (version === undefined) return { works: false, detail: 'the version has no value any more' };
  const judgement = await judge(open, decodeStored(open.token.value, version.text));
  if (judgement.ok) return { works: true };
  if (judgement.why === 'rejected') return { works: false, detail: judgement.detail };
  throw new RotationError('limited', `${open.token.provider}: does not say now whether this token works: ${judgement.detail}`, {
    fix: 'Try again in some minutes.',
    definite: true,
  });
}
