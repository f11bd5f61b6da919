// acquire + seal + release against the same system calls made raw, and against proper-lockfile, in short alternating blocks on tmpfs.
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { PidLockFile } from '@daemonium/core';
import { median, runAlone, scratch } from './support/lock-support.mjs';

export const everyNode = true;

const { O_WRONLY, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = fs.constants;
const FLAGS = O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
const LOCK_EX_NB = 6;
const BLOCK = 200;
/** To the raw calls. */
const TARGET = 1.2;

/** The calls of a cycle, nothing around them: stat of the directory, open, fstat, flock, lstat, open for writing; fstat twice, write, fstat, close; fstat, lstat, unlink, close. */
function rawCycle(path) {
  const flock = createRequire(import.meta.url)('koffi')
    .load(null)
    .func('int flock(int fd, int operation)');
  const record = `${process.pid}\n`;
  return () => {
    fs.statSync(dirname(path), { throwIfNoEntry: false });
    const fd = fs.openSync(path, FLAGS | O_CREAT, 0o644);
    const opened = fs.fstatSync(fd);
    if (flock(fd, LOCK_EX_NB) !== 0) throw new Error('held');
    if (fs.lstatSync(path, { throwIfNoEntry: false }).ino !== opened.ino) throw new Error('moved');
    const writer = fs.openSync(path, FLAGS | O_WRONLY);
    fs.fstatSync(fd);
    fs.fstatSync(writer);
    fs.writeSync(writer, record, 0, 'latin1');
    fs.fstatSync(writer);
    fs.closeSync(writer);
    fs.fstatSync(fd);
    fs.lstatSync(path, { throwIfNoEntry: false });
    fs.unlinkSync(path);
    fs.closeSync(fd);
  };
}

/** Microseconds a cycle. */
function time(cycle, count = BLOCK) {
  const started = performance.now();
  for (let done = 0; done < count; done++) cycle();
  return ((performance.now() - started) * 1000) / count;
}

async function timeAsync(cycle, count) {
  const started = performance.now();
  for (let done = 0; done < count; done++) await cycle();
  return ((performance.now() - started) * 1000) / count;
}

export async function run() {
  const { default: properLockfile } = await import('proper-lockfile');
  return scratch(async (directory) => {
    const raw = rawCycle(join(directory, 'raw.pid'));
    const path = join(directory, 'ours.pid');
    const ours = () => new PidLockFile(path).acquireSync().seal().release();
    const oursAsync = async () => (await new PidLockFile(path).acquire()).seal().release();
    const target = join(directory, 'proper');
    fs.writeFileSync(target, '');
    const proper = async () => (await properLockfile.lock(target))();
    const rounds = { raw: [], ours: [], ratio: [], async: [], proper: [], faster: [] };
    for (let warm = 0; warm < 10; warm++) {
      time(raw);
      time(ours);
    }
    for (let round = 0; round < 100; round++) {
      // They take turns in being first, so that neither always finds the caches of the other.
      const first = round % 2 === 0 ? time(raw) : undefined;
      const mine = time(ours);
      const base = first ?? time(raw);
      rounds.raw.push(base);
      rounds.ours.push(mine);
      rounds.ratio.push(mine / base);
    }
    await timeAsync(oursAsync, 50);
    await timeAsync(proper, 50);
    for (let round = 0; round < 30; round++) {
      const mine = await timeAsync(oursAsync, 20);
      const theirs = await timeAsync(proper, 20);
      rounds.async.push(mine);
      rounds.proper.push(theirs);
      rounds.faster.push(theirs / mine);
    }
    const ratio = median(rounds.ratio);
    const faster = median(rounds.faster);
    return {
      name: 'lock: acquire + seal + release',
      figures: {
        'ratio to the raw calls': ratio,
        'ours, us': median(rounds.ours),
        'raw calls, us': median(rounds.raw),
        'times faster than proper-lockfile': faster,
        'ours with await acquire(), us': median(rounds.async),
        'proper-lockfile lock and unlock, us': median(rounds.proper),
      },
      target: `ratio <= ${TARGET}, at least 5 x faster`,
      pass: ratio <= TARGET && faster >= 5,
    };
  });
}

await runAlone(import.meta.url, run);
