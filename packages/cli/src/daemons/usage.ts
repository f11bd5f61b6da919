import { hasProc, type ProcessUsage, processUsage } from '@daemonium/core/registry';

export type Usage = ProcessUsage;

/**
 * Processor and memory use of these processes. One that has ended meanwhile is left out. With /proc it is read from there: pidusage runs
 * getconf(1) twice for it, which takes as long as all the rest of a list.
 */
export async function usageOf(pids: readonly number[]): Promise<ReadonlyMap<number, Usage>> {
  const found = hasProc() ? pids.map((pid) => [pid, processUsage(pid)] as const) : await byPs(pids);
  return new Map(found.flatMap(([pid, usage]) => (usage === null ? [] : [[pid, usage]])));
}

async function byPs(pids: readonly number[]): Promise<ReadonlyArray<readonly [pid: number, usage: Usage | null]>> {
  const { default: pidusage } = await import('pidusage');
  try {
    // A copy, because pidusage writes its results over the list.
    const found: Readonly<Record<string, Usage | null>> = await pidusage([...pids]);
    return Object.entries(found).map(([pid, usage]) => [Number(pid), usage] as const);
  } catch {
    return [];
  } finally {
    pidusage.clear();
  }
}
