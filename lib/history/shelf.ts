/**
 * Where records lie: items in partitions, in the order of their keys. A table of DynamoDB, or a folder. Whatever is built on it needs no more
 * than this. Every call throws `unavailable` where it was not answered.
 */
export interface Shelf {
  /** Everything of a partition whose key begins so, in the order of the keys, as it stands now. */
  list(partition: string, keyPrefix?: string): Promise<readonly Item[]>;
  /** What has a time in a partition, newest first. */
  newest(partition: string, most: number): Promise<readonly Item[]>;
  read(partition: string, key: string): Promise<Item | undefined>;
  /** False, and nothing is changed, where something else stands there than is expected. Without expectations it takes any place. */
  put(item: Item, expected?: Expected): Promise<boolean>;
  /** The same. Where nothing stands, nothing was expected rightly. */
  remove(partition: string, key: string, expected?: Revision): Promise<boolean>;
}

export interface Item {
  readonly partition: string;
  /** Unique in its partition. */
  readonly key: string;
  /** Any JSON. */
  readonly content: unknown;
  /** Only what is listed by its time has one. */
  readonly at?: number;
  /** Only what is compared when it is written has one. */
  readonly revision?: number;
  /** Milliseconds since 1970: some time after that it is forgotten. */
  readonly expiresAt?: number;
}

export type Expected = 'nothing' | Revision;

export interface Revision {
  readonly revision: number;
}
