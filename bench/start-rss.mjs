// What a daemon that does nothing keeps in memory, against a bare Node.js process that does nothing.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const everyNode = true;

const ROUNDS = 7;
const TARGET = 3;
/** Until start-up is over, and what it needed is given back. */
const SETTLED = 1_500;

const program = (name) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const resident = (pid) => Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) / 1024;

function daemon(...args) {
  const { stdout } = spawnSync(process.execPath, [program('idle-daemon'), ...args], { encoding: 'utf8' });
  return JSON.parse(stdout).pid;
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  const seen = { bare: [], daemon: [], locked: [] };
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const bare = spawn(process.execPath, [program('idle-process')], { stdio: 'ignore' });
      const pids = { bare: bare.pid, daemon: daemon(), locked: daemon(join(directory, `${round}.pid`)) };
      await new Promise((resolve) => setTimeout(resolve, SETTLED));
      for (const [way, pid] of Object.entries(pids)) {
        seen[way].push(resident(pid));
        process.kill(pid, 'SIGKILL');
      }
    }
    const [bare, ours, locked] = [median(seen.bare), median(seen.daemon), median(seen.locked)];
    const figures = { 'more, MB': ours - bare, 'more with a pid file, MB': locked - bare, 'daemon, MB': ours, 'bare node, MB': bare };
    return {
      name: 'memory of an idle daemon',
      figures,
      target: `<= bare node + ${TARGET} MB`,
      pass: Math.max(ours, locked) - bare <= TARGET,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
