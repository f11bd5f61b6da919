// How long after a release, and after the SIGKILL of a holder, a waiter has the lock.
import { join } from 'node:path';
import { PidLockFile } from '@daemonium/core';
import { inRole, median, runAlone, scratch } from './support/lock-support.mjs';

const ROUNDS = 60;

/** Holds the lock whenever it is told to; says when it had released it, by the clock that all processes share. */
async function hold(path) {
  const lock = new PidLockFile(path);
  for await (const chunk of process.stdin) {
    if (String(chunk).startsWith('hold')) {
      lock.seal();
      console.log('held');
    } else {
      const before = process.hrtime.bigint();
      lock.release();
      console.log(String(before));
    }
  }
}

async function waitForTurn(ms) {
  await new Promise((resolve) => setTimeout(resolve, ms));
}

export async function run() {
  return scratch(async (directory) => {
    const path = join(directory, 'x.pid');
    const lock = new PidLockFile(path, { timeout: 10_000 });
    const [released, killed] = [[], []];
    const holder = inRole(import.meta.url, 'hold', path);
    for (let round = 0; round < ROUNDS; round++) {
      holder.tell('hold');
      await holder.line();
      const taken = lock.acquire().then(() => process.hrtime.bigint());
      // Anywhere between two polls.
      await waitForTurn(20 + Math.random() * 10);
      holder.tell('release');
      const at = BigInt(await holder.line());
      released.push(Number((await taken) - at) / 1e6);
      lock.release();
    }
    holder.child.kill('SIGKILL');
    await holder.exit;
    for (let round = 0; round < ROUNDS; round++) {
      const victim = inRole(import.meta.url, 'hold', path);
      victim.tell('hold');
      await victim.line();
      const taken = lock.acquire().then(() => process.hrtime.bigint());
      await waitForTurn(20 + Math.random() * 10);
      const at = process.hrtime.bigint();
      victim.child.kill('SIGKILL');
      killed.push(Number((await taken) - at) / 1e6);
      lock.release();
      await victim.exit;
    }
    const figures = {
      'after a release, ms (median)': median(released),
      'after a release, ms (worst)': Math.max(...released),
      'after a SIGKILL, ms (median)': median(killed),
      'after a SIGKILL, ms (worst)': Math.max(...killed),
    };
    return {
      name: 'lock: until a waiter has it',
      figures,
      target: 'medians <= 1 ms and <= 10 ms',
      pass: median(released) <= 1 && median(killed) <= 10,
    };
  });
}

await runAlone(import.meta.url, run, { hold });
