// A process that counts an alert up and writes receipts, while another does the same in the same folder.
import type { Alert } from '../../lib/engine/records.ts';
import { createLedger, createTokenHistory } from '../../lib/history/history.ts';
import { openFolderShelf } from '../../lib/local/folder-shelf.ts';

const [folder = '', name = '', times = '0'] = process.argv.slice(2);
const open = async () => openFolderShelf(folder);
const ledger = createLedger(open, { now: () => 1 }, []);
const { history } = createTokenHistory(open, { now: () => 1 }, 'lantern');

for (let saved = 0; saved < Number(times); ) {
  const [seen] = await ledger.alerts();
  if (seen === undefined) throw new Error('there is no alert');
  if ((await ledger.saveAlert({ ...seen, seenAt: seen.seenAt + 1 } satisfies Alert, seen)) === 'lost') continue;
  saved += 1;
  const receipt = { dependent: `${name} ${saved}`, digest: 'd', versionId: 'v', intendedAt: 1, appliedAt: 1 };
  await history.saveReceipt('arn', receipt);
}
