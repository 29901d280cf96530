// Goal: a change of what is deployed is seen by whoever reviews it.
// Method: the example catalog's stack, one resource a line or a few, with what is the same for all left out and hashes replaced.
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { root } from '../checkout.ts';
import { type Resource, synthesize, text } from './setup.ts';

it('deploys this for the example catalog', async () => {
  const { main } = await synthesize(join(root, 'catalog'), { alarmsEmail: 'operators@example.com' });

  await expect(reviewable(main.toJSON().Resources as Record<string, Resource>)).toMatchFileSnapshot('example-stack.snapshot.txt');
});

function reviewable(resources: Readonly<Record<string, Resource>>): string {
  const name = (id: string) => id.replace(/[0-9A-F]{8}$/, '').replace(/[0-9A-F]{8}([0-9A-F]{8})$/, '');
  const plain = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(plain);
    if (typeof value !== 'object' || value === null)
      return typeof value === 'string'
        ? value.replace(/[0-9a-f]{64}/g, '[asset]').replace(/([A-Za-z]+)[0-9A-F]{8}\b/g, '$1')
        : value;
    const keys = Object.keys(value);
    if (keys.length === 1 && (keys[0] === 'Ref' || keys[0]?.startsWith('Fn::'))) return plain(text(value));
    return Object.fromEntries(
      Object.entries(value).flatMap(([key, each]) => (key === 'Tags' || key === 'DashboardBody' ? [] : [[key, plain(each)]])),
    );
  };
  const lines = (value: unknown, indent: string): string =>
    Object.entries(value as object)
      .map(([key, each]) =>
        typeof each === 'object' && each !== null && JSON.stringify(each).length > 100
          ? `${indent}${key}:\n${lines(each, `${indent}  `)}`
          : `${indent}${key}: ${typeof each === 'string' ? each : JSON.stringify(each)}\n`,
      )
      .join('');
  return Object.entries(resources)
    .map(([id, { Type, Properties, DeletionPolicy }]) => {
      const kept = DeletionPolicy === undefined ? '' : ` (${DeletionPolicy})`;
      return `${Type} ${name(id)}${kept}\n${lines(plain(Properties ?? {}), '  ')}`;
    })
    .join('\n');
}
