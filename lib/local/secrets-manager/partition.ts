/** China and the governments have partitions of their own. */
export function partitionOf(region: string): string {
  const [, of] = /^(cn|us-gov)-/.exec(region) ?? [];
  return of === undefined ? 'aws' : `aws-${of}`;
}
