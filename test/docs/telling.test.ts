import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { builtInAlerts } from '../../lib/catalog/catalog.ts';
import { check, shared, token } from '../catalog/lantern.ts';

const page = readFileSync(new URL('../../docs/telling.md', import.meta.url), 'utf8');

it('shows settings that can be taken as they stand', async () => {
  const [, settings = ''] = /^```yaml\n([\s\S]*?)^```$/m.exec(page) ?? [];

  const { catalog, problems } = await check({
    'keyturn.yaml': shared.replace(/^teams:[\s\S]*/m, settings),
    'publish.yaml': `${token}team: platform\n`,
  });

  expect(problems).toEqual([]);
  expect(catalog?.teams.get('platform')).toMatchObject({ slack: 'keyturn/slack/platform' });
  expect(catalog?.alerts).toEqual({
    ...builtInAlerts,
    timeZone: 'Europe/Stockholm',
    runbookUrl: 'https://wiki.example.com/keyturn/{token}',
  });
});
