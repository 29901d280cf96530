import { describe, expect, it } from 'vitest';
import { registry } from '../../lib/plugin/registry.ts';
import { facts } from '../../rotators/github-deploy-key/facts.ts';
import { createAuthority } from '../http/certificates.ts';
import { check, shared, token } from './lantern.ts';

// Goal: what is public and looks like a secret can be written where a real plug-in asks for it, and what is secret is still refused there.

const cluster = createAuthority();
const inBase64 = (text: string) => Buffer.from(text).toString('base64');

function deployKey(hostKey: string, certificateAuthorityData: string) {
  const entry = token
    .replace('provider: lantern', 'provider: github-deploy-key')
    .replace('{ project: shop }', `{ repository: acme/shop, hostKeys: ['${hostKey}'] }`);
  const place = `dependents:
  - name: cluster
    kind: kubernetes-secret
    authority: keyturn/authorities/cluster
    target:
      server: https://cluster.example.com
      certificateAuthorityData: ${certificateAuthorityData}
      namespace: shop
      secret: app
      key: DEPLOY_KEY
`;
  return check({ 'keyturn.yaml': shared, 'publish.yaml': `${entry}${place}` }, registry);
}

it.each(facts.hostKeys)('the fingerprint of a host (%s), and the authority of a cluster, are taken', async (hostKey) => {
  expect((await deployKey(hostKey, inBase64(cluster.certificate))).problems).toEqual([]);
});

describe('is refused, and not shown', () => {
  it('a key where the certificate of the authority is asked for', async () => {
    const key = inBase64(cluster.issue('127.0.0.1').key);

    const { catalog, problems } = await deployKey(facts.hostKeys[0], key);

    expect(catalog).toBeUndefined();
    expect(problems).toMatchObject([{ severity: 'error', message: expect.stringContaining('certificateAuthorityData') }]);
    for (let at = 0; at + 16 <= key.length; at += 16) expect(JSON.stringify(problems)).not.toContain(key.slice(at, at + 16));
  });

  it('a token where the fingerprint of a host is asked for', async () => {
    const pasted = 'ghp_hYpcQqVbTn0Zk3RrW8xJm2LsD5fG9aB1cE7u';

    const { catalog, problems } = await deployKey(pasted, inBase64(cluster.certificate));

    expect(catalog).toBeUndefined();
    expect(problems).toMatchObject([{ severity: 'error', message: expect.stringContaining('hostKeys[0]') }]);
    expect(JSON.stringify(problems)).not.toContain(pasted.slice(4));
  });
});
