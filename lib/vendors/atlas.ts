import * as z from 'zod';
import type { Http, HttpRequest, Method } from '../engine/contract.ts';
import { accessFor } from '../plugin/oauth.ts';
import { secretText } from '../plugin/schemas.ts';

// What the kinds of credentials that MongoDB Atlas issues have in common.

export const atlasApi = z
  .enum(['https://cloud.mongodb.com', 'https://cloud.mongodbgov.com'])
  .default('https://cloud.mongodb.com')
  .describe('Atlas, or Atlas for Government.')
  .meta({ principal: true });

export const atlasOrganization = z
  .string()
  .regex(/^[0-9a-f]{24}$/, 'must be 24 hexadecimal digits')
  .describe('The organization, by its id.')
  .meta({ principal: true, identifier: true });

/** A service account that acts as an owner of the organization. */
export const atlasAuthority = z.strictObject({ clientId: z.string().min(1), clientSecret: secretText });

export const atlasTokenUrl = '/api/oauth/token';

interface Administrator {
  readonly http: Http;
  readonly authority: z.infer<typeof atlasAuthority>;
}

/** The media type of a version of the API. Atlas takes no other: every call names the version that it was written for. */
export function atlasVersion(date: string): string {
  return `application/vnd.atlas.${date}+json`;
}

/** A call of the authority, with access of an hour that each call asks for anew: nothing is kept. */
export async function callAtlas(
  { http, authority }: Administrator,
  version: string,
  method: Method,
  path: string,
  request: HttpRequest = {},
) {
  const bearer = await accessFor(http, atlasTokenUrl, { id: authority.clientId, secret: authority.clientSecret });
  const headers = { accept: version, ...(request.json === undefined ? {} : { 'content-type': version }) };
  return http(method, `/api/atlas/v2${path}`, { ...request, headers, bearer });
}
