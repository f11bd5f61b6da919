// What the lock benches share. Not a bench.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? Number.NaN;
}

/** A directory on tmpfs, where there is one, for the time of `use`. */
export async function scratch(use) {
  const directory = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'daemonium-bench-'));
  try {
    return await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The bench itself as another process, in a role of its own: lines in, lines out. */
export function inRole(url, role, ...args) {
  const child = spawn(process.execPath, [fileURLToPath(url), role, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const exit = once(child, 'exit');
  return {
    child,
    exit,
    tell: (line) => child.stdin.write(`${line}\n`),
    async line() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`the ${role} ended: ${await exit}`);
      return value;
    },
  };
}

/** Runs the role that this process was started for, or the bench when it was started by hand. Nothing when it is imported. */
export async function runAlone(url, run, roles = {}) {
  if (process.argv[1] !== fileURLToPath(url)) return;
  const [role, ...args] = process.argv.slice(2);
  if (role === undefined) console.log(await run());
  else await roles[role](...args);
}
