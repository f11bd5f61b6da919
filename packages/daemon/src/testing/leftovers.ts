import { allProcesses, processEnvironment } from '@daemonium/core/handover';
import { randomHex } from '@daemonium/core/start';

/** Marks processes by a variable in their environment, and finds them by it, whatever their parent is. */
export interface Leftovers extends AsyncDisposable {
  /**
   * Environment for everything that the test starts: `new Daemon({ env: leftovers.env })`, `spawn(..., { env: { ...process.env,
   * ...leftovers.env } })`.
   */
  readonly env: Readonly<Record<string, string>>;
  /** The pids of the marked processes that live. */
  pids(): number[];
  /** SIGKILLs them until none is left, and gives the pids that took. @throws {Error} `ERR_NOT_GONE` after 10 s */
  sweep(): Promise<number[]>;
}

const VARIABLE = 'DAEMONIUM_TEST_TOKEN';
const SWEEP_MS = 10_000;
const INTERVAL_MS = 5;

/**
 * Makes a mark for the processes of one test. A daemon is no child of the test, so a test that fails half-way leaves the daemon running
 * unless it can find it. Linux only; processes of other users are found by root alone.
 * @throws {NodeJS.ErrnoException} `ENOENT` without /proc: from `pids()` and `sweep()`
 */
export function trackLeftovers(): Leftovers {
  const token = randomHex(16);
  const pids = () => allProcesses().filter((pid) => pid > 1 && pid !== process.pid && processEnvironment(pid)?.get(VARIABLE) === token);
  const sweep = () => sweepAll(pids);
  return { env: { [VARIABLE]: token }, pids, sweep, [Symbol.asyncDispose]: async () => void (await sweep()) };
}

async function sweepAll(pids: () => number[]): Promise<number[]> {
  const killed = new Set<number>();
  const end = performance.now() + SWEEP_MS;
  // During an exec the environment of a process is empty, so one empty look is not enough.
  for (let empty = 0; empty < 3; ) {
    const found = pids();
    empty = found.length === 0 ? empty + 1 : 0;
    for (const pid of found) kill(pid, killed);
    if (performance.now() > end) throw Object.assign(new Error(`Processes ${found} survive SIGKILL`), { code: 'ERR_NOT_GONE' });
    await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
  }
  return [...killed];
}

function kill(pid: number, killed: Set<number>): void {
  try {
    process.kill(pid, 'SIGKILL');
    killed.add(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
