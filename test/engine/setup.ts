import { fake as copyFake } from '../../dependents/aws-secrets-manager-secret/fake.ts';
import { awsSecretsManagerSecret } from '../../dependents/aws-secrets-manager-secret/index.ts';
import { fake as webhookFake } from '../../dependents/webhook/fake.ts';
import { webhook } from '../../dependents/webhook/index.ts';
import { type Cast, createStage } from '../../lib/testing/stage.ts';
import { fake as npmFake } from '../../rotators/npm-registry/fake.ts';
import { npmRegistry } from '../../rotators/npm-registry/index.ts';

export { hour, secretName } from '../../lib/testing/stage.ts';

const cast = {
  rotator: npmRegistry,
  rotatorFake: npmFake,
  dependents: [
    { plugin: awsSecretsManagerSecret, fake: copyFake, onForeign: 'adopt' },
    { plugin: webhook, fake: webhookFake },
  ],
} as const satisfies Cast;

/** One npm token with two places that keep a copy: a field of another secret, and a webhook. */
export function createStory(options: Parameters<typeof createStage>[1] & { cast?: Partial<Cast> } = {}) {
  const stage = createStage({ ...cast, ...options.cast } as typeof cast, options);
  const [copy, receiver] = stage.places;
  if (copy === undefined || receiver?.handle === undefined) throw new Error('the cast has two places');
  const { handle } = receiver;
  return {
    ...stage,
    /** What the other secret holds in its field. */
    copied: () => copy.holds(),
    receiver,
    /** The receiver refuses every message that brings a token other than these, or takes all of them again. */
    refuseAllBut(...values: readonly (string | undefined)[]) {
      receiver.handle = (request) => {
        const isNews = request.body.includes('secret.rotated') && !values.some((value) => value && request.body.includes(value));
        return isNews ? { status: 422 } : handle(request);
      };
    },
    takeAll() {
      receiver.handle = handle;
    },
    revokeAllByHand() {
      const tokens = stage.provider.state.tokens.map((token) => ({ ...token, revokedAt: 1 }));
      stage.provider.state = { tokens };
    },
  };
}
