// From the command to run(), against daemonize-process on the same work: pairs that alternate, and the median of their ratios.
// Beside them bare Node.js in the foreground, and start-stop-daemon and pm2 where they are installed.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const everyNode = true;

const PAIRS = 60;
/** Ratios to daemonize-process. */
const TARGETS = { ours: 1.08, locked: 1.18, module: 1.1 };

const program = (name) => fileURLToPath(new URL(`programs/${name}.mjs`, import.meta.url));
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

// NODE_EXTRA_CA_CERTS alone adds 28 ms to the boot of Node 20.
const env = { PATH: process.env.PATH, HOME: process.env.HOME };

/** Milliseconds from before the spawn to the first line of the work, by the wall clock of one machine. */
async function latency(file, [executable, ...args]) {
  // The pid file too: init may take its time to reap the process of the round before, which then counts as running.
  for (const left of [file, `${file}.pid`]) rmSync(left, { force: true });
  const started = performance.timeOrigin + performance.now();
  const { status, stderr } = spawnSync(executable, args, { env, stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  if (status !== 0) throw new Error(`${executable} ${args.join(' ')} ended with ${status}: ${stderr}`);
  for (const deadline = performance.now() + 10_000; performance.now() < deadline; ) {
    try {
      const began = Number(readFileSync(file, 'utf8'));
      if (began > 0) return began - started;
    } catch {}
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  throw new Error(`${args.join(' ')} did not begin`);
}

const isInstalled = (command) => spawnSync('sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0;

/** Each way's command line; the program writes the time of its first line into `file`. */
function commands(directory, file) {
  const node = (name, ...args) => [process.execPath, program(name), file, ...args];
  const ways = {
    theirs: node('daemonize-process'),
    ours: node('daemonium'),
    locked: node('daemonium', join(directory, 'daemon.pid')),
    module: node('daemonium-module'),
    bare: node('bare-node'),
  };
  if (isInstalled('start-stop-daemon')) {
    // By its pid file: by --exec it would find this very process, and have nothing to start.
    const own = ['--pidfile', `${file}.pid`, '--make-pidfile'];
    ways.startStopDaemon = [
      'start-stop-daemon',
      '--start',
      '--background',
      ...own,
      '--startas',
      process.execPath,
      '--',
      program('bare-node'),
      file,
    ];
  }
  if (isInstalled('pm2')) ways.pm2 = ['pm2', 'start', '--force', '--no-autorestart', '--name', 'bench', program('bare-node'), '--', file];
  return ways;
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  // A manager of the bench's own, which is resident before the first start that counts.
  env.PM2_HOME = join(directory, 'pm2');
  try {
    const file = join(directory, 'began');
    const ways = commands(directory, file);
    const seen = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
    for (let round = -1; round < PAIRS; round++) {
      const order = Object.entries(ways);
      for (const [way, command] of round % 2 === 0 ? order : order.reverse()) {
        const milliseconds = await latency(file, command);
        // The first round fills the caches.
        if (round >= 0) seen[way].push(milliseconds);
      }
    }
    const ratioTo = (way, other) => median(seen[way].map((milliseconds, pair) => milliseconds / seen[other][pair]));
    const ratio = (way) => ratioTo(way, 'theirs');
    const figures = {
      ratio: ratio('ours'),
      'ratio, with a pid file': ratio('locked'),
      'ratio, module target': ratio('module'),
      'ours, ms': median(seen.ours),
      'daemonize-process, ms': median(seen.theirs),
      'bare node in the foreground, ms': median(seen.bare),
      ...(seen.startStopDaemon === undefined ? {} : { 'start-stop-daemon --background, ms': median(seen.startStopDaemon) }),
      ...(seen.pm2 === undefined ? {} : { 'pm2 start, ms': median(seen.pm2), 'times faster than pm2 start': 1 / ratioTo('ours', 'pm2') }),
      pairs: PAIRS,
    };
    return {
      name: 'command to run(), against daemonize-process',
      figures,
      target: `ratios <= ${Object.values(TARGETS).join(', ')}`,
      pass: Object.entries(TARGETS).every(([way, target]) => ratio(way) <= target),
    };
  } finally {
    if (isInstalled('pm2')) spawnSync('pm2', ['kill'], { env, stdio: 'ignore' });
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
