import { X509Certificate } from 'node:crypto';
import * as z from 'zod';
import { Secret } from '../engine/secret.ts';

/** A text in an authority that must never be seen: it comes out as a Secret. */
export const secretText = z
  .string()
  .min(1)
  .transform((text) => new Secret(text));

/** Certificates of an authority as a kubeconfig and `aws eks describe-cluster` have them: PEM, and that in base64. They are public. */
export const certificateAuthorityData = z
  .string()
  .refine(
    areCertificates,
    'must be certificates in PEM and nothing else, in base64, as `certificate-authority-data` of a kubeconfig is',
  )
  .meta({ identifier: true });

/** What is in {@link certificateAuthorityData}, as TLS wants it. */
export function toPem(data: string): string {
  return Buffer.from(data, 'base64').toString('latin1');
}

/** Nothing else, because the key beside it in a kubeconfig is a secret, and looks alike in base64. */
function areCertificates(data: string): boolean {
  const certificate = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;
  const pem = toPem(data);
  const certificates = pem.match(certificate) ?? [];
  try {
    return certificates.map((each) => new X509Certificate(each)).length > 0 && pem.replace(certificate, '').trim() === '';
  } catch {
    return false;
  }
}
