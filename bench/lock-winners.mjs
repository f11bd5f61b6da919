// 1,000 rounds of 16 processes that try one lock at the same moment.
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { AlreadyLockedError, PidLockFile } from '@daemonium/core';
import { inRole, runAlone, scratch } from './support/lock-support.mjs';

const PROCESSES = 16;
const ROUNDS = 1000;

async function compete(path) {
  const lock = new PidLockFile(path);
  lock.check();
  console.log('here');
  for await (const line of createInterface(process.stdin)) {
    if (line === 'end') {
      lock[Symbol.dispose]();
      console.log('ended');
      continue;
    }
    while (process.hrtime.bigint() < BigInt(line));
    try {
      lock.acquireSync().seal();
      console.log('won');
    } catch (error) {
      console.log(error instanceof AlreadyLockedError ? `lost ${error.pid}` : String(error));
    }
  }
}

/** Adds one round's answers to the figures. */
function count(figures, told, contenders) {
  const winners = contenders.filter((_, index) => told[index] === 'won');
  figures[winners.length === 1 ? 'rounds with one winner' : 'rounds without or with more']++;
  const expected = ['won', 'lost null', `lost ${winners[0]?.child.pid}`];
  for (const answer of told) {
    if (!expected.includes(answer)) figures[answer.startsWith('lost') ? 'wrong pids' : 'other errors']++;
  }
}

export async function run() {
  return scratch(async (directory) => {
    const path = join(directory, 'x.pid');
    const contenders = Array.from({ length: PROCESSES }, () => inRole(import.meta.url, 'compete', path));
    const answers = () => Promise.all(contenders.map((contender) => contender.line()));
    const tell = (line) => contenders.forEach((contender) => void contender.tell(line));
    await answers();
    const figures = { 'rounds with one winner': 0, 'rounds without or with more': 0, 'wrong pids': 0, 'other errors': 0 };
    for (let round = 0; round < ROUNDS; round++) {
      tell(process.hrtime.bigint() + 3_000_000n);
      count(figures, await answers(), contenders);
      tell('end');
      await answers();
    }
    for (const { child } of contenders) child.kill('SIGKILL');
    const pass = figures['rounds with one winner'] === ROUNDS && figures['wrong pids'] === 0 && figures['other errors'] === 0;
    return { name: `lock: ${ROUNDS} rounds of ${PROCESSES} simultaneous acquires`, figures, target: 'one winner each, 0 wrong pids', pass };
  });
}

await runAlone(import.meta.url, run, { compete });
