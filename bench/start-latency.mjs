// From the command to run(), against daemonize-process on the same work: pairs that alternate, and the median of their ratios.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PAIRS = 40;
const TARGET = 1.1;

const program = (name) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Milliseconds from before the spawn to the first line of the work, by the wall clock of one machine. */
async function latency(directory, name, ...args) {
  const file = join(directory, 'began');
  rmSync(file, { force: true });
  const started = performance.timeOrigin + performance.now();
  const { status, stderr } = spawnSync(process.execPath, [program(name), file, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${name} ended with ${status}: ${stderr}`);
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    try {
      const began = Number(readFileSync(file, 'utf8'));
      if (began > 0) return began - started;
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${name} did not begin`);
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  try {
    const ways = {
      theirs: ['daemonize-process'],
      ours: ['daemonium'],
      locked: ['daemonium', join(directory, 'daemon.pid')],
      module: ['daemonium-module'],
    };
    const seen = { theirs: [], ours: [], locked: [], module: [] };
    for (let round = -1; round < PAIRS; round++) {
      const order = Object.entries(ways);
      for (const [way, args] of round % 2 === 0 ? order : order.reverse()) {
        const milliseconds = await latency(directory, ...args);
        // The first round fills the caches.
        if (round >= 0) seen[way].push(milliseconds);
      }
    }
    const ratio = (way) => median(seen[way].map((milliseconds, pair) => milliseconds / seen.theirs[pair]));
    const figures = {
      ratio: ratio('ours'),
      'ratio, with a pid file': ratio('locked'),
      'ratio, module target': ratio('module'),
      'ours, ms': median(seen.ours),
      'daemonize-process, ms': median(seen.theirs),
      pairs: PAIRS,
    };
    return { name: 'command to run(), against daemonize-process', figures, target: `ratio <= ${TARGET}`, pass: figures.ratio <= TARGET };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
