import * as z from 'zod';
import type { Http, HttpAnswer, HttpRequest, Verdict } from '../engine/contract.ts';
import { RotationError } from '../engine/errors.ts';
import { Secret } from '../engine/secret.ts';

// What authorization servers have in common (RFC 6749): a client proves itself by its secret, and gets an access token or an error code.

/** A client, and how its server wants to be shown its secret: as basic authentication, or in the form. */
export interface Client {
  readonly id: string;
  readonly secret: Secret;
  readonly shows?: 'basic' | 'form';
}

const granted = z.object({ access_token: z.string().min(1) });

/** What a refusal says of the client: that it is not known by this secret, or known and may not have what it asked for. */
export type Meaning = (status: number, error: string) => 'unknown' | 'known' | undefined;

const byTheBook: Meaning = (_status, error) => {
  if (error === 'invalid_client') return 'unknown';
  return ['unauthorized_client', 'invalid_scope', 'invalid_target'].includes(error) ? 'known' : undefined;
};

/** An access token for the authority, by client credentials. A server that refuses the client refuses the authority. */
export async function accessFor(http: Http, tokenUrl: string, client: Client, wishes: HttpRequest['form'] = {}): Promise<Secret> {
  const answer = await http('POST', tokenUrl, asking(client, wishes));
  return new Secret(answer.json(granted).access_token);
}

interface Question {
  /** The plug-in that asks. */
  readonly who: string;
  readonly tokenUrl: string;
  readonly client: Client;
  /** What to ask for besides. */
  readonly wishes?: HttpRequest['form'];
  /** @default as RFC 6749 has it */
  readonly meaning?: Meaning;
}

/**
 * Whether the server knows a client by this secret, seen by asking for an access token, which is left to end by itself. A refusal that says
 * nothing of the secret throws.
 */
export async function judgeClient(
  http: Http,
  { who, tokenUrl, client, wishes, meaning = byTheBook }: Question,
): Promise<Verdict> {
  const answer = await http('POST', tokenUrl, { ...asking(client, wishes), accept: [400, 401, 403] });
  if (answer.status < 400) {
    answer.json(granted);
    return { ok: true };
  }
  const error = clientError(answer);
  const what = meaning(answer.status, error);
  if (what === 'known') return { ok: true };
  if (what === undefined) throw unexplained(who, answer);
  return {
    ok: false,
    why: 'rejected',
    detail: `the token endpoint answered ${answer.status}, as to a client that it does not know`,
  };
}

/** The error code in a refusal. */
export function clientError(answer: HttpAnswer): string {
  return answer.json(z.object({ error: z.string() })).error;
}

/** A refusal that says nothing of the secret. */
export function unexplained(who: string, { status }: HttpAnswer): RotationError {
  return new RotationError(
    'refused',
    `${who}: the authorization server answered ${status}, and not that it does not know the client`,
    {
      fix: 'Check the addresses and the client in the catalog; its secret may well be right.',
      definite: true,
    },
  );
}

function asking({ id, secret, shows = 'basic' }: Client, wishes: HttpRequest['form'] = {}): HttpRequest {
  const form = { grant_type: 'client_credentials', ...wishes };
  if (shows === 'form') return { form: { ...form, client_id: id, client_secret: secret }, asks: true };
  return { form, asks: true, basic: { user: formEncoded(id), password: new Secret(formEncoded(secret.reveal())) } };
}

/** RFC 6749, 2.3.1: both are encoded as in a form before they are put together. */
function formEncoded(text: string): string {
  return new URLSearchParams({ text }).toString().slice('text='.length);
}
