// 8 processes take and free one lock 1,000 times each; each looks whether it is alone.
import { closeSync, openSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PidLockFile } from '@daemonium/core';
import { inRole, runAlone, scratch } from './support/lock-support.mjs';

const PROCESSES = 8;
const CYCLES = 1000;

async function contend(path) {
  const lock = new PidLockFile(path);
  let overlaps = 0;
  for (let cycle = 0; cycle < CYCLES; cycle++) {
    await lock.acquire({ timeout: 600_000 });
    try {
      closeSync(openSync(`${path}.occupied`, 'wx'));
    } catch {
      overlaps++;
    }
    const counted = Number(readFileSync(`${path}.counter`, 'utf8'));
    lock.seal();
    writeFileSync(`${path}.counter`, String(counted + 1));
    unlinkSync(`${path}.occupied`);
    lock.release();
  }
  console.log(String(overlaps));
  process.exit();
}

export async function run() {
  return scratch(async (directory) => {
    const path = join(directory, 'x.pid');
    writeFileSync(`${path}.counter`, '0');
    const started = performance.now();
    const contenders = Array.from({ length: PROCESSES }, () => inRole(import.meta.url, 'contend', path));
    const answers = await Promise.all(contenders.map((contender) => contender.line()));
    const overlaps = answers.reduce((sum, answer) => sum + Number(answer), 0);
    const counted = Number(readFileSync(`${path}.counter`, 'utf8'));
    return {
      name: `lock: ${PROCESSES} processes x ${CYCLES} cycles`,
      figures: { overlaps, 'counter (of 8000)': counted, seconds: (performance.now() - started) / 1000 },
      target: '0 overlaps, counter exact',
      pass: overlaps === 0 && counted === PROCESSES * CYCLES,
    };
  });
}

await runAlone(import.meta.url, run, { contend });
