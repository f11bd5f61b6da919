// A lock that goes from process to process 200 times, and another process that tries it every millisecond.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PidLockFile } from '@daemonium/core';
import { adoptLock, forgetLock, lockForHandover } from '@daemonium/core/handover';
import { tryLockExclusive } from '@daemonium/core/posix';
import { inRole, runAlone, scratch } from './support/lock-support.mjs';

const HAND_OVERS = 200;
const FD = 3;

/** Takes the lock or has been given it, and gives it on; the last one seals and stays. */
async function heir(left, handed, path) {
  const lock = new PidLockFile(path);
  if (handed === 'none') lock.acquireSync();
  else adoptLock(lock, JSON.parse(handed));
  if (left === '0') {
    lock.seal();
    process.stdout.write('last\n');
    setInterval(() => {}, 60_000);
    return;
  }
  const mine = lockForHandover(lock);
  const next = spawn(
    process.execPath,
    [fileURLToPath(import.meta.url), 'heir', String(Number(left) - 1), JSON.stringify({ ...mine, fd: FD }), path],
    { stdio: ['ignore', 'inherit', 'inherit', mine.fd], detached: true },
  );
  await once(next, 'spawn');
  forgetLock(lock);
  if (handed === 'none') process.stdout.write('started\n');
  process.exit();
}

/** Tries the lock exclusively, every millisecond: more often than any real program. */
async function pry(path) {
  const seen = { tries: 0, free: 0 };
  let stopped = false;
  process.stdin.on('data', () => {
    stopped = true;
  });
  while (!stopped) {
    const fd = openSync(path, 'r');
    seen.tries++;
    if (tryLockExclusive(fd)) seen.free++;
    closeSync(fd);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  console.log(JSON.stringify(seen));
  process.exit();
}

export async function run() {
  return scratch(async (directory) => {
    const path = join(directory, 'x.pid');
    const first = inRole(import.meta.url, 'heir', String(HAND_OVERS), 'none', path);
    if ((await first.line()) !== 'started') throw new Error('no start');
    const prober = inRole(import.meta.url, 'pry', path);
    if ((await first.line()) !== 'last') throw new Error('the chain broke');
    const last = new PidLockFile(path).readPid();
    prober.tell('stop');
    const { tries, free } = JSON.parse(await prober.line());
    if (last !== null && last > 1) process.kill(last, 'SIGKILL');
    return {
      name: `lock: ${HAND_OVERS} hand-overs`,
      figures: { 'hand-overs': HAND_OVERS, 'tries of the prober': tries, 'times it was free': free },
      target: 'never free',
      pass: free === 0 && last !== null && tries > HAND_OVERS,
    };
  });
}

await runAlone(import.meta.url, run, { heir, pry });
