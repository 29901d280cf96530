import { type FeedSources, feedText, readFeedPath } from '../alerts/feed.ts';
import { RotationError } from '../engine/errors.ts';
import type { Ports } from '../engine/ports.ts';
import type { Ledger } from '../engine/records.ts';

/** What the address of a function answers. */
export interface FeedAnswer {
  readonly statusCode: 200 | 404;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Answers what the function's address was asked for: somebody's calendar, or 404 for whatever is no address that we gave out. It never tells a
 * wrong signature from a person who is not there.
 */
export async function answerFeed(
  event: unknown,
  index: FeedSources['index'],
  { store, clock, ledger, keyId }: Pick<Ports, 'store' | 'clock'> & { readonly ledger: Ledger; readonly keyId: string },
): Promise<FeedAnswer> {
  const key = async () => {
    const stored = await store.read(keyId, { label: 'AWSCURRENT' });
    if (stored !== undefined) return stored.text;
    throw new RotationError('catalog', 'keyturn: the key of the calendars has no value', {
      fix: 'Deploy again: the key is made with the deployment.',
    });
  };
  const owner = await readFeedPath(pathOf(event), index, key);
  if (owner === undefined) return { statusCode: 404, headers: headersFor('text/plain'), body: 'There is no such calendar.\n' };
  const sources = { index, store, healths: () => ledger.healths(), now: clock.now() };
  return { statusCode: 200, headers: headersFor('text/calendar'), body: await feedText(sources, owner) };
}

function headersFor(type: string): Readonly<Record<string, string>> {
  return {
    'content-type': `${type}; charset=utf-8`,
    'cache-control': 'private, max-age=3600',
    'x-content-type-options': 'nosniff',
    'x-robots-tag': 'noindex',
  };
}

/** The path of an HTTP event of Lambda, version 2; of anything else, none. */
function pathOf(event: unknown): string {
  const { rawPath, requestContext } = (event ?? {}) as { readonly rawPath?: unknown; readonly requestContext?: unknown };
  const { http } = (requestContext ?? {}) as { readonly http?: { readonly method?: unknown } };
  return typeof rawPath === 'string' && ['GET', 'HEAD'].includes(String(http?.method)) ? rawPath : '';
}
