import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import type { TourReport } from '../../lib/cli/tour.ts';
import { findLeaks } from '../../lib/testing/hunt.ts';
import { keyturn } from './cli.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-tour-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// A tour is half a minute of real servers when it is alone, and several times that beside the rest of the tests. A
// test that gave up on one would leave it running on the state that the next tour needs.
const TOUR_TIMEOUT_MS = 480_000;

describe('the tour', () => {
  it(
    'plays a real token changing hands, and all of it holds',
    async () => {
      const state = join(folder, 'state');

      const { code, out, err } = await keyturn(['local', '--tour', '--json', '--state', state]);

      const report = JSON.parse(out) as TourReport;
      expect(report.faults).toEqual([]);
      expect(code).toBe(0);
      expect(report).toMatchObject({
        ok: true,
        observe: { zeroWrites: true },
        expiryWarning: { escalatedToBackup: true },
        scopeDrift: { reported: true },
        deadToken: { healed: true },
        strayConsumer: { held: true },
        rollback: { respected: true },
        assisted: { renewed: true },
        sixPlaces: { foreignNamed: true, allPutBack: true, rotated: true },
        consumer: { failed: 0 },
        newToken: { status: 200 },
        oldToken: { statusBeforeRevoke: 200, status: 403 },
        failedRotation: {
          dependentsRestored: true,
          pendingRevoked: true,
          pendingLabelRemoved: true,
          error: {
            code: 'dependent-failed',
            message: expect.stringContaining('docs robot'),
            fix: expect.stringContaining('rotate again'),
          },
        },
      });
      expect(report.steps.map(({ name }) => name)).toEqual(['createSecret', 'setSecret', 'testSecret', 'finishSecret', 'retire']);
      expect(report.secretsManagerCalls.rotation).toBeLessThanOrEqual(10);
      expect(report.secretsManagerCalls.repeated).toBeLessThanOrEqual(6);
      expect(report.secretsManagerCalls.replayed).toBeLessThanOrEqual(4);
      for (const phase of ['before', 'overlap', 'after'])
        expect(report.consumer.phases[phase]?.requests).toBeGreaterThanOrEqual(20);

      const issued = secretsIn(state);
      expect(issued.length).toBeGreaterThan(4);
      expect(findLeaks(`${out}\n${err}\n${readdirSync(state, { recursive: true }).join('\n')}`, issued)).toEqual([]);
    },
    TOUR_TIMEOUT_MS,
  );

  it(
    'shows the same to a person, with no value in it, on the state that the last one left',
    async () => {
      const state = join(folder, 'state');

      const { code, out, err } = await keyturn(['local', '--tour', '--state', state]);

      expect(code).toBe(0);
      expect(out).toContain('The old token is ended, on evidence');
      expect(out).toContain('✓ no request of the consumer failed');
      expect(out).toContain('✗ pipeline variable: holds a value that is neither the current web-release nor one of ours');
      expect(out).toContain('mail to grace@example.com: [Keyturn, soon, nobody answered] The token of web-metrics expires');
      expect(findLeaks(`${out}\n${err}`, secretsIn(state))).toEqual([]);
    },
    TOUR_TIMEOUT_MS,
  );

  it.concurrent.each(['set', 'finish', 'retire'])(
    'notices when %s does nothing and says that it did',
    async (sabotage) => {
      const { code, out } = await keyturn(['local', '--tour', '--json'], { KEYTURN_TOUR_BREAK: sabotage });

      expect(code).toBe(1);
      const report = JSON.parse(out) as TourReport;
      expect(report.ok).toBe(false);
      expect(report.faults).not.toEqual([]);
    },
    TOUR_TIMEOUT_MS,
  );

  it.each(['SIGINT', 'SIGHUP'] as const)(
    'ends when it is told to by %s, and leaves no process behind',
    async (signal) => {
      const mark = join(folder, `ended-by-${signal}`);
      const run = keyturn(['local', '--tour', '--state', mark]);
      while (!processesWith(mark).includes('verdaccio-process')) await setTimeout(100);
      await setTimeout(2000);

      run.kill(signal);
      const { code } = await run;

      expect(code).toBe(130);
      // What ends with it does so in its own time.
      for (let looks = 0; processesWith(mark) !== '' && looks < 100; looks += 1) await setTimeout(100);
      expect(processesWith(mark)).toBe('');
    },
    TOUR_TIMEOUT_MS,
  );
});

/** Everything that may not be seen: what the secrets of the state hold, and have held. */
function secretsIn(state: string): readonly string[] {
  const texts = readdirSync(join(state, 'secrets')).flatMap((file) => {
    const { secret } = JSON.parse(readFileSync(join(state, 'secrets', file), 'utf8')) as {
      secret: { versions: { value?: { text?: string } }[] };
    };
    return secret.versions.flatMap(({ value }) => (value?.text === undefined ? [] : [value.text]));
  });
  const values = texts.flatMap((text) =>
    text.startsWith('{') ? Object.entries(JSON.parse(text) as Record<string, string>) : [['value', text] as [string, string]],
  );
  return [...new Set(values.flatMap(([name, value]) => (['REGISTRY', 'user'].includes(name) ? [] : [value])))];
}

function processesWith(text: string): string {
  const all = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return all
    .split('\n')
    .filter((line) => line.includes(text))
    .join('\n');
}
