import type { DependentFakeFactory, FakeWorld } from '../../lib/testing/fake.ts';

const name = 'somewhere/else';
const field = 'TOKEN';

/** No stand-in is needed: the place is a secret, and the embedded Secrets Manager is the service. */
export const fake = (({ random, secretsManager }: FakeWorld) => {
  const token = () => `canary-${random(32)}`;
  const { ARN } = secretsManager.call('CreateSecret', {
    Name: name,
    ClientRequestToken: token(),
    SecretString: '{"NEIGHBOUR":12345678901234567890}',
  });
  // Looked up, and not asked for: simulations look after every call.
  const text = () => {
    const current = secretsManager.setting.state.get(ARN)?.versions.find(({ labels }) => labels.includes('AWSCURRENT'));
    return current?.value !== undefined && 'text' in current.value ? current.value.text : '{}';
  };

  return {
    target: { secret: name, field },
    state: {}, // all of it is in the service

    holds: () => (JSON.parse(text()) as Record<string, string>)[field],
    tamper(value) {
      const SecretString = JSON.stringify({ NEIGHBOUR: 'was a number too large for JSON.parse', [field]: value });
      secretsManager.call('PutSecretValue', { SecretId: name, ClientRequestToken: token(), SecretString });
    },
    neighbours: () => /"NEIGHBOUR":[^,}]+/.exec(text())?.[0],
  };
}) satisfies DependentFakeFactory;
