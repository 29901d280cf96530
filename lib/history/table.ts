/** The one table: its keys and its index, as the template makes them and the adapter asks for them. */
export const table = {
  partition: 'partition',
  key: 'key',
  /** The JSON, as text. */
  content: 'content',
  at: 'at',
  revision: 'revision',
  /** Who wrote it: tells one's own write from another's of the same revision. */
  writer: 'writer',
  /** Seconds since 1970, as DynamoDB wants it. */
  expiresAt: 'expiresAt',
  /** What has a time, by that. */
  newestIndex: 'newest',
} as const;
