/** What is to be undone at the end, however it ends: the last first, each one whatever became of the others. */
export interface Cleanup {
  add(what: string, undo: () => void | Promise<void>): void;
  /** May be called again: what was undone is not undone twice. Answers what could not be undone. */
  run(): Promise<readonly string[]>;
}

export function createCleanup(): Cleanup {
  const todo: { readonly what: string; readonly undo: () => void | Promise<void> }[] = [];
  let running: Promise<readonly string[]> | undefined;

  async function undoAll(): Promise<readonly string[]> {
    const failed: string[] = [];
    for (let next = todo.pop(); next !== undefined; next = todo.pop()) {
      try {
        await next.undo();
      } catch (error) {
        failed.push(`${next.what}: ${error instanceof Error ? error.message : 'it failed'}`);
      }
    }
    return failed;
  }

  return {
    add(what, undo) {
      todo.push({ what, undo });
    },
    run() {
      running = (running ?? Promise.resolve([])).then(async (before) => [...before, ...(await undoAll())]);
      return running;
    },
  };
}
