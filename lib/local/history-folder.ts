import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { History, Receipt } from '../engine/ports.ts';
import { fileNameFor, readJson, writeJson } from './files.ts';

/** History in a folder: one file a receipt, so that two processes never write the same one over each other's work. */
export function createHistoryFolder(folder: string): History {
  const of = (secretArn: string) => join(folder, fileNameFor(secretArn));
  return {
    async receipts(secretArn) {
      const receipts = join(of(secretArn), 'receipts');
      return list(receipts).map((name) => readJson(join(receipts, name)) as Receipt);
    },
    async saveReceipt(secretArn, receipt) {
      writeJson(join(of(secretArn), 'receipts', `${fileNameFor(`${receipt.dependent} ${receipt.versionId}`)}.json`), receipt);
    },
    async failures(secretArn) {
      return (readJson(join(of(secretArn), 'failures.json')) as { count: number } | undefined)?.count ?? 0;
    },
    async saveFailures(secretArn, count) {
      writeJson(join(of(secretArn), 'failures.json'), { count });
    },
  };
}

function list(folder: string): readonly string[] {
  try {
    return readdirSync(folder).filter((name) => name.endsWith('.json'));
  } catch {
    return []; // nothing has been received there yet
  }
}
