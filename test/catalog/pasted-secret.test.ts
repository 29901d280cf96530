import { describe, expect, it } from 'vitest';
import { conceal, looksPasted } from '../../lib/catalog/pasted-secret.ts';

describe('what looks like a secret', () => {
  it.each([
    'ghp_hYpcQqVbTn0Zk3RrW8xJm2LsD5fG9aB1cE7u',
    'github_pat_11ABCDEFG0abcdefghijkl_mnopQRSTuvwx0123456789',
    'npm_a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8',
    'glpat-x7Kd92mPq4Ls81Zn0Rtv',
    'sk_live_51Hx92mPq4Ls81Zn0RtvYb3',
    'xoxb-1234567890-abcdef1234567890',
    'AKIAIOSFODNN7EXAMPLE',
    'wJalrXUtnFEMI/K7MDENG/bPxRfiCYzq8TnLp0vW',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N',
    '-----BEGIN RSA PRIVATE KEY-----',
    'https://ada:hunter2@example.com/',
    'https://hooks.slack.com/services/T00000000/B00000000/q9Zk3RrW8xJm2LsD5fG9aB1c',
    '3f786850e387550fdab836ed7e6dc881de23001b',
  ])('%s', (text) => {
    expect(looksPasted(text)).toBeDefined();
    expect(conceal(`before ${text} after`)).not.toContain(text);
  });

  it.each([
    'keyturn/authorities/npm-registry',
    'arn:aws:secretsmanager:eu-west-1:123456789012:secret:build/npm-token-AbC123',
    'arn:aws:iam::123456789012:role/KeyturnDependentsProductionRole2',
    'RegistryNpmTokenSecret5F3C21D6-AbCdEfGhIjKl',
    'canary-deployment-of-the-shop-2026',
    'npm_token_for_publishing_builds',
    'NpmRegistryPublishTokenProduction2',
    'https://registry.example.com/-/npm/v1/tokens?page=2',
    '123e4567-e89b-12d3-a456-426614174000',
    'maya.lindqvist+tokens@example.com',
    'The recovery codes are in the sealed envelope next to the blue key, on the second floor.',
    'Registry4Production2Build7TokenOfTheShop',
    'Donaudampfschifffahrtsgesellschaftskapitän',
    '0 8 ? * TUE#1 *',
  ])('is not %s', (text) => {
    expect(looksPasted(text)).toBeUndefined();
  });

  it('is found in almost all random texts, and a longer one even more surely', () => {
    const found = (alphabet: string, length: number) => {
      const random = numbers(7);
      const texts = Array.from({ length: 1000 }, () =>
        Array.from({ length }, () => alphabet[Math.floor(random() * alphabet.length)]).join(''),
      );
      return texts.filter((text) => looksPasted(text) !== undefined).length;
    };
    const letters = 'abcdefghijklmnopqrstuvwxyz';

    expect(found('0123456789abcdef', 32)).toBe(1000);
    expect(found(`${letters}0123456789`, 32)).toBeGreaterThan(950);
    expect(found(`${letters}${letters.toUpperCase()}0123456789`, 24)).toBeGreaterThan(960);
    expect(found(`${letters}${letters.toUpperCase()}0123456789+/`, 40)).toBeGreaterThan(960);
  });
});

/** Numbers between 0 and 1 that are the same every time. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
