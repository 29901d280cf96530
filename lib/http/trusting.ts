import { request } from 'node:https';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';

/** What fetch is given, and whom to trust instead of those whom Node knows. */
export interface TrustingInit extends RequestInit {
  /** Certificates in PEM that alone vouch for the host. */
  readonly certificateAuthority?: string;
}

/**
 * Stands in for fetch where a host's certificate is signed by an authority of its own, of which the platform's fetch cannot be told. It does what
 * the door needs of fetch, and follows nothing.
 */
export function fetchTrusting(
  address: URL,
  { method, headers, body, signal, certificateAuthority: ca }: TrustingInit,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const sent = request(
      address,
      // A connection of its own: none is kept that was opened with other certificates.
      { method, headers: Object.fromEntries(new Headers(headers)), signal: signal ?? undefined, ca, agent: false },
      (answer) => {
        try {
          const { statusCode: status = 0, rawHeaders } = answer;
          const pairs = rawHeaders.flatMap((name, at) =>
            at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? ''] as [string, string]] : [],
          );
          const hasBody = ![204, 205, 304].includes(status);
          if (!hasBody) answer.resume();
          const stream = hasBody ? (Readable.toWeb(answer) as ReadableStream<Uint8Array>) : null;
          resolve(new Response(stream, { status, headers: pairs }));
        } catch (problem) {
          sent.destroy();
          reject(problem); // a status or a header that is none
        }
      },
    );
    sent.on('error', reject);
    sent.end(typeof body === 'string' ? body : undefined);
  });
}
