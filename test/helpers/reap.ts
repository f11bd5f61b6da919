import { readFileSync } from 'node:fs';
import { allPids } from './observe.ts';
import { pause } from './wait.ts';

export const TOKEN_VARIABLE = 'DAEMONIUM_TEST_TOKEN';

/** Living processes that were started with this token, or one that begins with it, whoever their parent is by now. */
export function carriersOf(token: string): number[] {
  const entry = `${TOKEN_VARIABLE}=${token}`;
  return allPids().filter((pid) => {
    try {
      return (
        pid > 1 &&
        pid !== process.pid &&
        readFileSync(`/proc/${pid}/environ`, 'utf8')
          .split('\0')
          .some((line) => line.startsWith(entry))
      );
    } catch {
      return false;
    }
  });
}

/** SIGKILLs every carrier of the token until none is left; returns how many pids that took. */
export async function reap(token: string, deadline = 10_000): Promise<number> {
  const killed = new Set<number>();
  const end = performance.now() + deadline;
  // In the middle of an exec the environment of a process is empty: one empty look is not enough.
  for (let empty = 0; empty < 3; ) {
    const carriers = carriersOf(token);
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
