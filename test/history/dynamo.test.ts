// Goal: the table does what only a table can get wrong: it pages, forgets in time, knows its own writes, and keeps providers apart.
// Method: a front before the real protocol counts what is asked, hides answers, and refuses.
import { GetItemCommand } from '@aws-sdk/client-dynamodb';
import { App, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDynamoShelf } from '../../lib/aws/dynamo-shelf.ts';
import { History } from '../../lib/constructs/history.ts';
import type { Health } from '../../lib/engine/records.ts';
import { createLedger, createTokenHistory } from '../../lib/history/history.ts';
import { partitions } from '../../lib/history/partitions.ts';
import { openFront, openTable, type TestTable, tableOfTemplate } from './table.ts';

let table: TestTable;
beforeAll(async () => {
  table = await openTable();
});
afterAll(() => table.close());

const now = Date.UTC(2026, 10, 25, 12);
const clock = { now: () => now };
const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:app/token-AbCdEf';
const receipt = { dependent: 'ci hook', digest: 'd1', versionId: 'v1', intendedAt: now, appliedAt: now };
const health: Health = { token: 'mail', secretArn: arn, versionId: 'v1', checkedAt: now, verdict: 'valid', findings: [] };

/** A shelf that speaks to the table through somebody who counts what it asks. */
async function watched() {
  const asked: { operation: string; input: Asked }[] = [];
  const front = await openFront(table, async (operation, send, input) => {
    asked.push({ operation, input: input as Asked });
    const answer = await send();
    return { status: answer.status, body: await answer.text() };
  });
  const shelf = openDynamoShelf({ ...table.configuration, endpoint: front.url }, table.name);
  return { asked, open: async () => shelf, close: front.close };
}

interface Asked {
  readonly IndexName?: string;
  readonly ConsistentRead?: boolean;
  readonly Key?: Readonly<Record<string, { S: string }>>;
  readonly Item?: Readonly<Record<string, { S: string }>>;
  readonly ExpressionAttributeValues?: Readonly<Record<string, { S: string }>>;
}

it('has the health of all tokens of a provider in as many calls as it has megabytes', async () => {
  const finding = { code: 'stray', about: 'x', message: 'm'.repeat(3500), fix: 'f' } as const;
  const tokens = Array.from({ length: 400 }, (_, index) => `token-${index}`);
  const { records } = createTokenHistory(() => table.openShelf(), clock, 'large');
  await Promise.all(tokens.map((token) => records.saveHealth({ ...health, token, findings: [finding] })));
  const { asked, open, close } = await watched();

  const healths = await createLedger(open, clock, ['large']).healths();
  close();

  expect(healths.map(({ token }) => token).sort()).toEqual([...tokens].sort());
  expect(asked.map(({ operation }) => operation)).toEqual(['Query', 'Query']);
});

it('forgets receipts after the longest overlap, everything else a year later, and pauses never', async () => {
  const { history, records } = createTokenHistory(() => table.openShelf(), clock, 'time');
  const ledger = createLedger(() => table.openShelf(), clock, ['time']);
  await history.saveReceipt(arn, receipt);
  await records.saveHealth(health);
  await ledger.savePause({ of: 'everything', by: 'ada', why: 'moving', since: now });

  const endOf = async (partition: string, key: string) => {
    const input = { TableName: table.name, Key: { partition: { S: partition }, key: { S: key } } };
    const seconds = (await table.client.send(new GetItemCommand(input))).Item?.['expiresAt']?.N;
    return seconds === undefined ? 'never' : (Number(seconds) * 1000 - now) / 86_400_000;
  };
  expect(await endOf(partitions.secret('time', arn), 'receipt#v1#ci hook')).toBe(1100);
  expect(await endOf(partitions.healths('time'), 'mail')).toBe(400);
  expect(await endOf(partitions.pauses, 'everything')).toBe('never');
  expect(tableOfTemplate().TimeToLiveSpecification).toEqual({ AttributeName: 'expiresAt', Enabled: true });
});

it('knows its own write where the answer was lost and the SDK sent it again', async () => {
  let puts = 0;
  const front = await openFront(table, async (operation, send) => {
    const answer = await send();
    if (operation === 'PutItem') puts += 1;
    return operation === 'PutItem' && puts === 1 ? 'no answer' : { status: answer.status, body: await answer.text() };
  });
  const shelf = openDynamoShelf({ ...table.configuration, endpoint: front.url }, table.name);
  const ledger = createLedger(async () => shelf, clock, []);

  const isTaken = await ledger.takeDigest('2026-12-24');
  const isTakenAgain = await ledger.takeDigest('2026-12-24');
  front.close();

  expect(puts).toBe(3);
  expect([isTaken, isTakenAgain]).toEqual([true, false]);
});

it.each([
  ['ProvisionedThroughputExceededException', /tried again/],
  ['ThrottlingException', /tried again/],
  ['InternalServerError', /tried again/],
  ['AccessDeniedException', /Deploy again: the role/],
  ['ResourceNotFoundException', /Deploy again: the table/],
  ['no answer', /tried again/],
])('waits, and takes nothing apart, where the table says %s', async (name, fix) => {
  const front = await openFront(table, async () =>
    name === 'no answer'
      ? name
      : { status: name === 'InternalServerError' ? 500 : 400, body: JSON.stringify({ __type: `x#${name}`, message: 'canary' }) },
  );
  const shelf = openDynamoShelf({ ...table.configuration, endpoint: front.url, maxAttempts: 1 }, table.name);
  const { history, records } = createTokenHistory(async () => shelf, clock, 'down');

  const failures = await Promise.all(
    [history.receipts(arn), history.saveReceipt(arn, receipt), history.failures(arn), records.pauses()].map((call) =>
      call.then(
        () => undefined,
        (error: unknown) => error,
      ),
    ),
  );
  front.close();

  for (const failure of failures) {
    expect(failure).toMatchObject({ code: 'unavailable', ending: 'now', fix: expect.stringMatching(fix) });
    expect(JSON.stringify(failure)).not.toContain('canary');
  }
});

describe('what the role of a provider’s function lets it do', () => {
  it('is all that it does, with what is its own', async () => {
    const { asked, open, close } = await watched();
    const { history, records } = createTokenHistory(open, clock, 'lantern');
    await history.saveReceipt(arn, receipt);
    await history.receipts(arn);
    await history.saveFailures(arn, 1);
    await history.failures(arn);
    await records.record({ id: 'a', at: now, what: 'token.minted', token: 'mail', secretArn: arn, message: 'm' });
    await records.record({ id: 'a', at: now, what: 'token.minted', token: 'mail', secretArn: arn, message: 'm' });
    await records.happened('mail', 5);
    await records.saveHealth(health);
    await records.health('mail');
    await records.pauses();
    close();

    expect(asked.length).toBeGreaterThanOrEqual(10);
    for (const each of asked) expect(isAllowed('lantern', each), JSON.stringify(each)).toBe(true);
    for (const { operation, input } of asked) if (/Get|Query/.test(operation)) expect(input.ConsistentRead).toBe(true);
  });

  it('is nothing with what is another’s, or of the whole', async () => {
    const { asked, open, close } = await watched();
    const other = createTokenHistory(open, clock, 'lantern-2');
    const ledger = createLedger(open, clock, ['lantern-2']);
    await other.history.saveReceipt(arn, receipt);
    await other.history.receipts(arn);
    await other.records.happened('mail', 5);
    await ledger.healths();
    await ledger.alerts();
    await ledger.savePause({ of: 'everything', by: 'ada', why: 'moving', since: now });
    await ledger.removePause('everything');
    await ledger.takeDigest('2026-11-25');
    close();

    for (const each of asked) expect(isAllowed('lantern', each), JSON.stringify(each)).toBe(false);
  });
});

/** As IAM decides it: by the action, the table or its index, and the partition. */
function isAllowed(provider: string, { operation, input }: { operation: string; input: Asked }): boolean {
  const history = new History(new Stack(new App({ analyticsReporting: false }), 'Stack'), 'History');
  const partition = (input.Key ?? input.Item)?.['partition']?.S ?? input.ExpressionAttributeValues?.[':partition']?.S ?? '';
  return history.statementsFor(provider).some((statement) => {
    const { 'ForAllValues:StringLike': like } = statement.conditions as Record<string, Record<string, readonly string[]>>;
    const isKey = like?.['dynamodb:LeadingKeys']?.some((key) =>
      key.endsWith('*') ? partition.startsWith(key.slice(0, -1)) : partition === key,
    );
    const isIndex = statement.resources.some((resource) => resource.endsWith(`/index/${input.IndexName}`));
    return statement.actions.includes(`dynamodb:${operation}`) && isKey === true && (input.IndexName === undefined || isIndex);
  });
}
