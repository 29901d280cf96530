import { generateKeyPairSync, randomBytes } from 'node:crypto';
import forge from 'node-forge';

/** Who signs certificates, as a cluster does for itself. */
export interface Authority {
  /** In PEM. */
  readonly certificate: string;
  /** What a server shows under these names and addresses, from now for an hour. */
  issue(...names: readonly string[]): { readonly key: string; readonly cert: string };
}

/** An authority that nobody knows but who is told of it. */
export function createAuthority(): Authority {
  const keys = makeKeys();
  const subject = [{ name: 'commonName', value: 'cluster' }];
  const certificate = sign({
    keys,
    subject,
    issuer: subject,
    signer: keys,
    extensions: [{ name: 'basicConstraints', cA: true }],
  });
  return {
    certificate,
    issue(...names) {
      const own = makeKeys();
      const altNames = names.map((name) => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }));
      const extensions = [{ name: 'subjectAltName', altNames }];
      const cert = sign({
        keys: own,
        subject: [{ name: 'commonName', value: 'server' }],
        issuer: subject,
        signer: keys,
        extensions,
      });
      return { key: own.pem, cert };
    },
  };
}

type Keys = ReturnType<typeof makeKeys>;

/** Made by Node, because nothing is as slow as big primes in JavaScript. */
function makeKeys() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }).toString();
  const own = forge.pki.privateKeyFromPem(pem);
  return { pem, private: own, public: forge.pki.setRsaPublicKey(own.n, own.e) };
}

function sign(all: {
  readonly keys: Keys;
  readonly subject: forge.pki.CertificateField[];
  readonly issuer: forge.pki.CertificateField[];
  readonly signer: Keys;
  readonly extensions: object[];
}): string {
  const made = forge.pki.createCertificate();
  made.publicKey = all.keys.public;
  made.serialNumber = `01${randomBytes(8).toString('hex')}`;
  made.validity.notBefore = new Date(Date.now() - 60_000);
  made.validity.notAfter = new Date(Date.now() + 3_600_000);
  made.setSubject(all.subject);
  made.setIssuer(all.issuer);
  made.setExtensions(all.extensions);
  made.sign(all.signer.private, forge.md.sha256.create());
  return forge.pki.certificateToPem(made);
}
