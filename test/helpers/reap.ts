import { readFileSync } from 'node:fs';
import { allPids } from './observe.ts';
import { pause } from './wait.ts';

export const TOKEN_VARIABLE = 'DAEMONIUM_TEST_TOKEN';

/** Living processes that were started with this token, or one that begins with it, whoever their parent is by now. */
export const carriersOf = (token: string): number[] => carriersAmong(allPids(), token, new Set());

/** @param foreign takes the processes with another environment. The next look leaves them out, if it follows at once: later their numbers may be others' */
function carriersAmong(pids: readonly number[], token: string, foreign: Set<number>): number[] {
  const entry = `${TOKEN_VARIABLE}=${token}`;
  return pids.filter((pid) => {
    if (pid <= 1 || pid === process.pid || foreign.has(pid)) return false;
    try {
      const environ = readFileSync(`/proc/${pid}/environ`, 'utf8');
      if (environ.startsWith(entry) || environ.includes(`\0${entry}`)) return true;
      // In the middle of an exec it is empty.
      if (environ !== '') foreign.add(pid);
    } catch {}
    return false;
  });
}

/** SIGKILLs every carrier of the token until none is left; returns how many pids that took. */
export async function reap(token: string, deadline = 10_000): Promise<number> {
  const killed = new Set<number>();
  const foreign = new Set<number>();
  const end = performance.now() + deadline;
  // A process in the middle of an exec, and a child made during a look, are missed by that look.
  for (let empty = 0; empty < 3; ) {
    const carriers = carriersAmong(allPids(), token, foreign);
    empty = carriers.length === 0 ? empty + 1 : 0;
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
  return killed.size;
}
