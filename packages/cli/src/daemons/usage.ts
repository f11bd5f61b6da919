import pidusage from 'pidusage';

export interface Usage {
  /** Percent of one core, since the process began. */
  readonly cpu: number;
  /** Resident, in bytes. */
  readonly memory: number;
}

/** Processor and memory use of these processes. One that has ended meanwhile is left out. */
export async function usageOf(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  if (pids.length === 0) return new Map();
  try {
    // It writes its results over the list.
    const found: Readonly<Record<string, Usage | null>> = await pidusage([...pids]);
    return new Map(Object.entries(found).flatMap(([pid, usage]) => (usage === null ? [] : [[Number(pid), usage]])));
  } catch {
    return new Map();
  } finally {
    pidusage.clear();
  }
}
