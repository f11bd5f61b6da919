import { allPids, executedWith } from './observe.ts';
import { pause } from './wait.ts';

export const TOKEN_VARIABLE = 'DAEMONIUM_TEST_TOKEN';

/**
 * Living processes that were started with this token, or one that begins with it, whoever their parent is by now. One that is left out has ended
 * when this returns, and has neither files nor locks. One that was made meanwhile is in the next list of all, and that is looked through, too.
 */
export function carriersOf(token: string): number[] {
  const isCarrier = new Map<number, boolean>();
  for (;;) {
    const pids = allPids();
    const unseen = pids.filter((pid) => !isCarrier.has(pid));
    if (unseen.length === 0) return pids.filter((pid) => isCarrier.get(pid));
    for (const pid of unseen) isCarrier.set(pid, pid > 1 && pid !== process.pid && carries(pid, token));
  }
}

function carries(pid: number, token: string): boolean {
  const entry = `${TOKEN_VARIABLE}=${token}`;
  try {
    const environ = executedWith(pid, 'environ');
    return environ.startsWith(entry) || environ.includes(`\0${entry}`);
  } catch (error) {
    // Gone, or another user's.
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}

/** SIGKILLs every carrier of the token until none is left; returns how many pids that took. */
export async function reap(token: string, deadline = 10_000): Promise<number> {
  const killed = new Set<number>();
  const end = performance.now() + deadline;
  for (;;) {
    const carriers = carriersOf(token);
    if (carriers.length === 0) return killed.size;
    for (const pid of carriers) {
      killed.add(pid);
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
      }
    }
    if (performance.now() > end) throw new Error(`Processes ${carriers.join(', ')} survived SIGKILL for ${deadline} ms`);
    await pause(2);
  }
}
