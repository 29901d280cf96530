import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

// The vendors' documents stand outside the repository: `KEYTURN_OPENAPI` names the folder, and beside a checkout of ours they lie in
// ../shared/openapi. A document belongs to the plug-in of its name, or to those that
// are named here.

/** Plug-ins whose vendor has one document for more than one of them, or a name of its own for it. */
const elsewhere: Readonly<Record<string, string>> = {
  twilio: 'twilio-iam',
  'github-pat': 'github',
  'github-deploy-key': 'github',
  'circleci-variable': 'circleci-context',
  'cloudflare-pages-secret': 'cloudflare-pages',
  'okta-api-token': 'okta',
  'mongodb-atlas-service-account': 'mongodb-atlas',
  'mongodb-atlas-api-key': 'mongodb-atlas',
};

const named = process.env.KEYTURN_OPENAPI;
const beside = fileURLToPath(new URL('../../../shared/openapi', import.meta.url));

/** The folder of the documents, where there is one. */
export const documents = named ?? (existsSync(beside) ? beside : undefined);

/** The vendor's document for a plug-in, or the reason why there is none. */
export function documentOf(
  sort: 'providers' | 'dependents',
  plugin: string,
): { readonly document: unknown } | { readonly why: string } {
  if (documents === undefined) return { why: 'KEYTURN_OPENAPI is not set, and ../shared/openapi is not there' };
  if (!existsSync(documents)) throw new Error(`KEYTURN_OPENAPI names ${documents}, which is not there`);
  const file = join(documents, sort, `${elsewhere[plugin] ?? plugin}.json`);
  return existsSync(file) ? { document: JSON.parse(readFileSync(file, 'utf8')) } : { why: 'no vendor document has its name' };
}
