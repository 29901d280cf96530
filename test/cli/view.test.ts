import { afterEach, describe, expect, it, vi } from 'vitest';
import { createView } from '../../lib/cli/view.ts';
import type { LogEntry } from '../../lib/engine/ports.ts';

/** What is printed where nobody has a terminal. */
function printed(...entries: readonly LogEntry[]): string {
  const lines: string[] = [];
  vi.spyOn(process.stdout, 'write').mockImplementation((line) => lines.push(String(line)) > 0);
  const view = createView({ isSilent: false });
  for (const entry of entries) view.log(entry);
  view.close();
  vi.restoreAllMocks();
  return lines.join('');
}

afterEach(() => vi.restoreAllMocks());

describe('a step that fails', () => {
  const detail = 'npm: is parked until noon because of `dependent-failed`';

  it.each(['parked', 'too-many-retiring', 'uncertain'] as const)('says why, where nothing else will: %s', (code) => {
    expect(printed({ event: 'step.failed', code, detail })).toContain(`failed: ${code}: ${detail}`);
  });

  it('leaves it to the one clear error, where all is put back', () => {
    const text = printed(
      { event: 'step.failed', code: 'dependent-failed', detail },
      { event: 'rotation.failed', code: 'dependent-failed', detail, fix: 'Mend it.' },
    );

    expect(text.split(detail)).toHaveLength(2);
    expect(text).toContain(`✗ ${detail}. Mend it.`);
  });

  it('shows nothing that a terminal would obey', () => {
    const text = printed({ event: 'step.failed', code: 'parked', detail: '\u001b[2J\u202egone' });

    expect(text).toContain('gone');
    for (const obeyed of ['\u001b[2J', '\u202e']) expect(text).not.toContain(obeyed);
  });
});
