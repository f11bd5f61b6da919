// 10,000 buffered lines, then SIGTERM: how many are on disk, for a signal from within the turn and for one from another process.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fileLogger } from '@daemonium/logging';

const LINES = 10_000;
const ROUNDS = 10;

/** Runs in the child: logs, and either signals itself, or says that it has logged while the loop is still in the same turn. */
function child(path, from) {
  const logger = fileLogger({ path, sync: false });
  setInterval(() => {}, 1000);
  // In a timer's turn the signal comes before the immediates.
  setTimeout(() => {
    for (let n = 0; n < LINES; n++) logger.info({ n }, 'a line');
    if (from === 'itself') process.kill(process.pid, 'SIGTERM');
    else process.send('logged');
  }, 1);
}

async function linesOnDisk(directory, from, round) {
  const path = join(directory, `${from}-${round}.log`);
  const stdio = ['ignore', 'inherit', 'inherit', 'ipc'];
  const process_ = spawn(process.execPath, [fileURLToPath(import.meta.url), 'child', path, from], { stdio });
  process_.once('message', () => process_.kill('SIGTERM'));
  const signal = await new Promise((resolve) => process_.once('exit', (_code, name) => resolve(name)));
  if (signal !== 'SIGTERM') throw new Error(`The child ended by ${signal}, not by SIGTERM`);
  const text = readFileSync(path, 'latin1');
  return text.split('\n').length - 1;
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  try {
    const lines = { itself: [], another: [] };
    for (let round = 0; round < ROUNDS; round++) {
      for (const from of ['itself', 'another']) lines[from].push(await linesOnDisk(directory, from, round));
    }
    const figures = {
      'lines on disk, signal from the process itself (worst round)': Math.min(...lines.itself),
      'lines on disk, signal from another process (worst round)': Math.min(...lines.another),
      rounds: ROUNDS,
    };
    const pass = [...lines.itself, ...lines.another].every((count) => count === LINES);
    return { name: 'buffered lines at SIGTERM', figures, target: `${LINES} of ${LINES} on disk in every round`, pass };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'child') child(process.argv[3], process.argv[4]);
  else console.log(await run());
}
