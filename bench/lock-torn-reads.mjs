// A million reads of a pid file while it is sealed a hundred thousand times.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PidLockFile } from '@daemonium/core';
import { inRole, runAlone, scratch } from './support/lock-support.mjs';

const READS = 1_000_000;
const SEALS = 100_000;

/** Seals with two pids of different lengths in turn, until it has done its number and is told to stop. */
async function write(path) {
  const lock = new PidLockFile(path);
  let stopped = false;
  process.stdin.on('data', () => {
    stopped = true;
  });
  console.log('writing');
  let seals = 0;
  while (!stopped || seals < SEALS) {
    for (let batch = 0; batch < 1000; batch++) lock.seal(++seals % 2 === 0 ? 7 : 1_234_567).release();
    await new Promise((resolve) => setImmediate(resolve));
  }
  console.log(String(seals));
  process.exit();
}

/** What a reader gets: by the lock's own strict reading and by a plain one in turn. */
function look(lock, strictly) {
  if (strictly) {
    const pid = lock.readPid();
    return pid === null ? '' : `${pid}\n`;
  }
  try {
    return readFileSync(lock.path, 'latin1');
  } catch {
    return '';
  }
}

const WHOLE = ['7\n', '1234567\n'];

export async function run() {
  return scratch(async (directory) => {
    const path = join(directory, 'x.pid');
    const writer = inRole(import.meta.url, 'write', path);
    await writer.line();
    const lock = new PidLockFile(path);
    const seen = { sealed: 0, none: 0, half: 0 };
    for (let read = 0; read < READS; read++) {
      const text = look(lock, read % 2 === 0);
      seen[text === '' ? 'none' : WHOLE.includes(text) ? 'sealed' : 'half']++;
    }
    writer.tell('stop');
    const seals = Number(await writer.line());
    return {
      name: 'lock: reads while it is sealed',
      figures: { reads: READS, seals, 'sealed pids seen': seen.sealed, 'missing or not sealed yet': seen.none, 'half a pid': seen.half },
      target: '1e6 reads, 1e5 seals, none half',
      pass: seen.half === 0 && seen.sealed > 0 && seals >= SEALS,
    };
  });
}

await runAlone(import.meta.url, run, { write });
