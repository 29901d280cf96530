// Goal: what is remembered is remembered alike in a folder and in DynamoDB, whoever else writes at the same moment.
// Method: the same tests for both; DynamoDB is a real implementation of its protocol, with the table of the template, asked by the real SDK.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Alert, Happened, Health, Pause } from '../../lib/engine/records.ts';
import { createLedger, createTokenHistory } from '../../lib/history/history.ts';
import { partitions } from '../../lib/history/partitions.ts';
import type { Shelf } from '../../lib/history/shelf.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';
import { root, run } from '../checkout.ts';
import { openTable, type TestTable } from './table.ts';

const folder = mkdtempSync(join(tmpdir(), 'keyturn-history-'));
let dynamo: TestTable;
beforeAll(async () => {
  dynamo = await openTable();
});
afterAll(async () => {
  await dynamo.close();
  rmSync(folder, { recursive: true, force: true });
});

const clock = { now: () => Date.UTC(2026, 10, 25, 12) };
const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf';
const receipt = { dependent: 'ci hook', digest: 'd1', versionId: 'v1', isWritten: true, intendedAt: 1, appliedAt: 1 };
const happened: Happened = { id: 'a', at: 1000, what: 'token.rotated', token: 'mail', secretArn: arn, message: 'm' };
const health: Health = { token: 'mail', secretArn: arn, versionId: 'v1', checkedAt: 1, verdict: 'valid', findings: [] };
const alert: Alert = {
  id: 'expires/mail/7',
  code: 'expires',
  token: 'mail',
  urgency: 'soon',
  message: 'm',
  next: 'n',
  fix: 'f',
  openedAt: 1,
  seenAt: 1,
  revision: 1,
};

const kept: readonly [string, () => Promise<Shelf>][] = [
  ['a folder', async () => openFolderShelf(folder)],
  ['DynamoDB', () => dynamo.openShelf()],
];

describe.each(kept)('kept in %s', (_, open) => {
  // Each opens a shelf of its own, as two processes do.
  const of = (provider: string) => createTokenHistory(open, clock, provider);
  const ledgerOf = (...providers: string[]) => createLedger(open, clock, providers);

  it('has receipts of every version beside each other, and of one version the last', async () => {
    const { history } = of('receipts');
    expect(await history.receipts(arn)).toEqual([]);

    await history.saveReceipt(arn, receipt);
    await history.saveReceipt(arn, { ...receipt, digest: 'd2', inEffectAt: 2, version: '7' });
    await history.saveReceipt(arn, { ...receipt, dependent: 'other' });
    await history.saveReceipt(arn, { ...receipt, versionId: 'v2' });

    const again = await of('receipts').history.receipts(arn);
    expect(again).toHaveLength(3);
    expect(again).toContainEqual({ ...receipt, digest: 'd2', inEffectAt: 2, version: '7' });
    expect(await history.receipts(`${arn}x`)).toEqual([]);
    expect(await of('receipts-2').history.receipts(arn)).toEqual([]);
  });

  it('loses no receipt of writers at the same moment', async () => {
    const names = Array.from({ length: 40 }, (__, index) => `place ${index}`);

    await Promise.all(names.map((dependent) => of('busy').history.saveReceipt(arn, { ...receipt, dependent })));

    expect((await of('busy').history.receipts(arn)).map(({ dependent }) => dependent).sort()).toEqual([...names].sort());
  });

  it('counts failures', async () => {
    const { history } = of('failures');
    expect(await history.failures(arn)).toBe(0);

    await history.saveFailures(arn, 3);

    expect(await of('failures').history.failures(arn)).toBe(3);
    expect(await history.receipts(arn)).toEqual([]);
  });

  it('tells what happened, newest first, and the same thing once', async () => {
    const { records } = of('past');
    for (const [id, at] of [
      ['b', 3000],
      ['a', 1000],
      ['c', 20_000],
    ] as const)
      await records.record({ ...happened, id, at });
    await records.record({ ...happened, id: 'a', at: 90_000, message: 'told again' });
    await records.record({ ...happened, id: 'x', at: 5000, token: 'mail-2' });

    const told = await of('past').records.happened('mail', 2);

    expect(told).toEqual([
      { ...happened, id: 'c', at: 20_000 },
      { ...happened, id: 'b', at: 3000 },
    ]);
    expect((await records.happened('mail', 99)).map(({ message }) => message)).toEqual(['m', 'm', 'm']);
    await of('past-2').records.record({ ...happened, id: 'd', at: 4000 });
    const whole = await ledgerOf('past', 'past-2').happened('mail', 3);
    expect(whole.map(({ id }) => id)).toEqual(['c', 'd', 'b']);
  });

  it('knows of each token what was last proven, and the ledger of all of them', async () => {
    const { records } = of('proofs');
    const proves = (id: string, proofAt: number, configuration: Record<string, string>, token = 'mail') =>
      records.record({ ...happened, id, at: proofAt, token, configuration });

    await proves('rotated', 3000, { account: 'a', layout: 'l', 'place CI': 'p' });
    await proves('rehearsed', 5000, { account: 'b' });
    await proves('told late', 4000, { account: 'c', 'place other': 'o' });
    await records.record({ ...happened, id: 'proves nothing', at: 9000, token: 'lamp' });
    await of('proofs-2').records.record({ ...happened, id: 'moved', at: 8000, token: 'map', configuration: { account: 'x' } });
    await ledgerOf('proofs').recordAction('proofs', { ...happened, id: 'signed', at: 7000, token: 'map', configuration: {} });

    const proofs = await ledgerOf('proofs', 'proofs-2').proofs();
    expect(proofs.toSorted((one, other) => one.at - other.at)).toEqual([
      { token: 'mail', at: 5000, configuration: { account: 'b', layout: 'l', 'place CI': 'p', 'place other': 'o' } },
      { token: 'map', at: 8000, configuration: { account: 'x' } },
    ]);
    expect((await ledgerOf('proofs-2').proofs()).map(({ token }) => token)).toEqual(['map']);
  });

  it('has the last health of each token, and the ledger those of all', async () => {
    const { records } = of('hospital');
    expect(await records.health('mail')).toBeUndefined();

    await records.saveHealth({ ...health, verdict: 'invalid' });
    await records.saveHealth({ ...health, lastUsedAt: null, scopes: ['a'] });
    await of('hospital-2').records.saveHealth({ ...health, token: 'map' });

    expect(await of('hospital').records.health('mail')).toEqual({ ...health, lastUsedAt: null, scopes: ['a'] });
    expect((await ledgerOf('hospital', 'hospital-2').healths()).map(({ token }) => token).sort()).toEqual(['mail', 'map']);
    expect((await ledgerOf('hospital-2').healths()).map(({ token }) => token)).toEqual(['map']);
  });

  it('takes an alert from whoever saw the last one, and from nobody else', async () => {
    const one = ledgerOf();
    const other = ledgerOf();

    expect(await one.saveAlert(alert, undefined)).toBe('saved');
    expect(await other.saveAlert(alert, undefined)).toBe('lost');
    const [seen] = await other.alerts();
    expect(seen).toEqual(alert);
    expect(await one.saveAlert({ ...alert, toldTo: 'owner', toldAt: 2 }, seen)).toBe('saved');
    expect(await other.saveAlert({ ...alert, toldTo: 'backup', toldAt: 2 }, seen)).toBe('lost');
    expect(await other.removeAlert(alert)).toBe('lost');
    const [now = alert] = await one.alerts();
    expect(now).toMatchObject({ toldTo: 'owner', revision: 2 });

    expect(await one.removeAlert(now)).toBe('removed');
    expect(await other.removeAlert(now)).toBe('lost');
    expect(await one.alerts()).toEqual([]);
    expect(await other.saveAlert({ ...now, toldTo: 'backup' }, now)).toBe('lost');
  });

  it('lets one of many be the first, and one of many be the next', async () => {
    const many = Array.from({ length: 12 }, () => ledgerOf());
    const flood = { ...alert, id: 'flood' };

    const first = await Promise.all(many.map((ledger) => ledger.saveAlert(flood, undefined)));
    const next = await Promise.all(many.map((ledger) => ledger.saveAlert({ ...flood, seenAt: 2 }, flood)));
    const days = await Promise.all(many.map((ledger) => ledger.takeDigest('2026-11-25')));

    expect(first.filter((each) => each === 'saved')).toHaveLength(1);
    expect(next.filter((each) => each === 'saved')).toHaveLength(1);
    expect(days.filter((isTaken) => isTaken)).toHaveLength(1);
    expect(await ledgerOf().takeDigest('2026-11-26')).toBe(true);
  });

  it('shows a pause to the functions of all providers until somebody ends it', async () => {
    const pause: Pause = { of: 'provider:lantern', by: 'ada', why: 'moving', since: 1 };
    const ledger = ledgerOf();

    await ledger.savePause({ ...pause, of: 'everything' });
    await ledger.savePause(pause);
    await ledger.savePause({ ...pause, until: 5 });

    expect(await of('lantern').records.pauses()).toEqual([
      { ...pause, of: 'everything' },
      { ...pause, until: 5 },
    ]);
    await ledger.removePause('everything');
    await ledger.removePause('everything');
    expect(await ledgerOf().pauses()).toEqual([{ ...pause, until: 5 }]);
  });

  it('leaves out what a newer version added, and does not see what it cannot know', async () => {
    const shelf = await open();
    const put = (partition: string, key: string, content: unknown) => shelf.put({ partition, key, content, at: 1, revision: 1 });
    await put(partitions.secret('newer', arn), 'receipt#v1#a', { ...receipt, proof: { kind: 'new' } });
    await put(partitions.secret('newer', arn), 'receipt#v1#b', { ...receipt, appliedAt: 'yesterday' });
    await put(partitions.secret('newer', arn), 'receipt#v1#c', 'text');
    await put(partitions.secret('newer', arn), 'failures', { count: 'many' });
    await put(partitions.token('newer', 'mail'), 'x', { ...happened, what: 'token.painted' });
    await put(partitions.healths('newer'), 'mail', { ...health, verdict: 'cheerful' });
    await put(partitions.proofs('newer'), 'mail', { token: 'mail', at: 'yesterday', configuration: {} });
    await put(partitions.alerts, 'odd', { ...alert, urgency: 'yesterday' });

    const { history, records } = of('newer');

    expect(await history.receipts(arn)).toEqual([receipt]);
    expect(await history.failures(arn)).toBe(0);
    expect(await records.happened('mail', 9)).toEqual([]);
    expect(await records.health('mail')).toBeUndefined();
    expect(await ledgerOf('newer').proofs()).toEqual([]);
    expect((await ledgerOf('newer').alerts()).map(({ id }) => id)).not.toContain('odd');
  });
});

const counter = fileURLToPath(new URL('./counter.ts', import.meta.url));

it('keeps what two processes write into one folder at once', async () => {
  const shared = join(folder, 'shared');
  const open = async () => openFolderShelf(shared);
  const ledger = createLedger(open, clock, []);
  await ledger.saveAlert({ ...alert, seenAt: 0, revision: 0 }, undefined);

  const results = await Promise.all(
    ['one', 'other'].map((name) => run(`node --import tsx ${counter} ${shared} ${name} 40`, root)),
  );

  expect(results.map(({ code, out }) => (code === 0 ? code : out))).toEqual([0, 0]);
  expect(await ledger.alerts()).toMatchObject([{ seenAt: 80, revision: 80 }]);
  expect(await createTokenHistory(open, clock, 'lantern').history.receipts('arn')).toHaveLength(80);
});

it('has file names that tell nothing, and leaves nothing half-written', () => {
  const names = readdirSync(folder, { recursive: true }).map(String);

  expect(names.length).toBeGreaterThan(20);
  expect(names.join()).not.toMatch(/token|mail|hook|lantern|tmp|lock/);
});
