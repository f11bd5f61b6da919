// 100 launchers at once on one pid file: one daemon, 99 refusals, no hang.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const LAUNCHERS = 100;
const ROUNDS = 3;
const DEADLINE = 60_000;

function launch(pidFile) {
  const child = spawn(process.execPath, [fileURLToPath(new URL('programs/idle-daemon.mjs', import.meta.url)), pidFile], {
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: DEADLINE,
    killSignal: 'SIGKILL',
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part) => {
    text += part;
  });
  return new Promise((resolve) =>
    child.once('close', (code) => resolve(code === 0 ? JSON.parse(text) : { error: `hung or crashed (${code})` })),
  );
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  const seconds = [];
  let [winners, refused, wrongHolder, others] = [0, 0, 0, 0];
  try {
    for (let round = 0; round < ROUNDS; round++) {
      const began = performance.now();
      const told = await Promise.all(Array.from({ length: LAUNCHERS }, () => launch(join(directory, `${round}.pid`))));
      seconds.push((performance.now() - began) / 1000);
      const [winner] = told.filter(({ pid }) => pid !== undefined);
      winners += told.filter(({ pid }) => pid !== undefined).length;
      const losers = told.filter(({ error }) => error === 'AlreadyLockedError');
      refused += losers.length;
      wrongHolder += losers.filter(({ holder }) => holder !== null && holder !== winner?.pid).length;
      others += told.filter(({ error }) => error !== undefined && error !== 'AlreadyLockedError').length;
      if (winner !== undefined) process.kill(winner.pid, 'SIGKILL');
    }
    const figures = {
      rounds: ROUNDS,
      winners,
      refused,
      'refused with a wrong pid': wrongHolder,
      'anything else': others,
      'slowest round, s': Math.max(...seconds),
    };
    const pass = winners === ROUNDS && refused === ROUNDS * (LAUNCHERS - 1) && wrongHolder + others === 0;
    return {
      name: `${LAUNCHERS} starts at once on one pid file`,
      figures,
      target: '1 success and 99 AlreadyLockedError in each round',
      pass,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) console.log(await run());
