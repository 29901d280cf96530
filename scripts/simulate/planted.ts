/** A design bug that was planted on purpose, and how the explorer found it. */
export interface FoundBug {
  readonly name: string;
  readonly invariant: string;
  readonly schedules: number;
  readonly replay: string;
}

export interface Planted {
  readonly planted: readonly unknown[];
  findPlanted(): Promise<readonly FoundBug[]>;
}

/** What proves that the explorer has teeth; where there is nothing of the sort, none were planted. */
export async function loadPlanted(file = new URL('../../test/simulation/planted.ts', import.meta.url)): Promise<Planted> {
  try {
    return (await import(file.href)) as Planted;
  } catch (error) {
    if ((error as { code?: string }).code !== 'ERR_MODULE_NOT_FOUND') throw error;
    return { planted: [], findPlanted: async () => [] };
  }
}
