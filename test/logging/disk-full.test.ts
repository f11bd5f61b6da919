import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { fileLogger } from '@daemonium/logging';
import { expect, onTestFinished, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { limitFiles, limitGrowth } from './limit-file.ts';
import { type LogRecord, recordsAroundHalves, upTo } from './records.ts';
import { stopWriter } from './stop-writer.ts';

const KIB = 1024;
const isRoot = process.getuid?.() === 0;
const hasPrlimit = spawnSync('prlimit', ['--version']).status === 0;
const canMount = isRoot && spawnSync('unshare', ['--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt']).status === 0;

const numbers = (path: string): number[] => recordsAroundHalves(path).flatMap(({ n }) => n ?? []);

/** How many lines the writer has logged, to the last thousand. */
function progress(stdout: string): number {
  return Number(stdout.match(/\d+000\n/g)?.at(-1) ?? 0);
}

/** The lines of the writer, of which exactly as many are missing, in one gap, as the record says that stands in it. */
function expectOneGap(path: string, lines: number): void {
  const all = recordsAroundHalves(path);
  const at = all.findIndex(({ lost }) => lost !== undefined);
  const { lost = 0, level } = all[at] ?? {};
  expect(level).toBe(50);
  expect(lost).toBeGreaterThan(0);
  expect(all.filter((record) => record.lost !== undefined)).toHaveLength(1);
  expect(numbers(path)).toEqual([...upTo(at), ...upTo(lines).slice(at + lost)]);
}

test.runIf(hasPrlimit).for([{ sync: true }, { sync: false }])(
  'a file at its limit: half a line is followed by the whole one, and lost lines are counted where they are missing, %o',
  async ({ sync }) => {
    const box = sandbox();
    const path = box.path('app.log');
    const writer = box.spawn('log-writer', { args: [JSON.stringify({ path, sync }), '20', '1000'] });
    await until(() => writer.stdout.includes('ready'), { what: 'the writer' });
    await limitGrowth(writer, path, 100 * KIB + 17);
    await until(() => writer.stderr.includes('Cannot write log file'), { what: 'the warning' });
    const before = statSync(path).size;
    // Lines of 1 KiB, of which 1 MiB waits in memory.
    const logged = progress(writer.stdout);
    await until(() => progress(writer.stdout) > logged + 3000, { what: 'lost lines' });
    expect(statSync(path).size).toBe(before);
    expect(isRunning(writer.pid)).toBe(true);
    limitFiles(writer, 'unlimited');
    await until(() => recordsAroundHalves(path).some(({ lost }) => lost !== undefined), { what: 'the record' });
    expectOneGap(path, await stopWriter(writer));
    expect(writer.stderr.match(/Cannot write log file/g)).toHaveLength(1);
  },
);

test.runIf(hasPrlimit)('reopened in the middle of a line: the new file begins with this line as a whole, and none is lost', async () => {
  const box = sandbox();
  const path = box.path('app.log');
  const writer = box.spawn('log-writer', { args: [JSON.stringify({ path }), '1', '300'] });
  await until(() => writer.stdout.includes('ready'), { what: 'the writer' });
  await limitGrowth(writer, path, 200 * KIB + 17);
  await until(() => writer.stderr.includes('Cannot write log file'), { what: 'the warning' });
  renameSync(path, `${path}.1`);
  writer.child.kill('SIGHUP');
  await until(() => statSync(path).size > 0, { what: 'lines in the new file' });
  const lines = await stopWriter(writer);
  const old = readFileSync(`${path}.1`, 'utf8').split('\n');
  const half = old.pop() ?? '';
  expect(half).not.toBe('');
  expect(readFileSync(path, 'utf8').startsWith(half)).toBe(true);
  const there = [...old.map((line) => (JSON.parse(line) as { n: number }).n), ...numbers(path)];
  expect(there).toEqual(upTo(lines));
});

test.runIf(hasPrlimit)('lines that wait are written as soon as there is room, even if nothing more is logged', async () => {
  const box = sandbox();
  const path = box.path('app.log');
  const program = box.spawn('log-burst', { args: [JSON.stringify({ path })] });
  await until(() => program.stdout.includes('ready'), { what: 'the first lines' });
  limitFiles(program, statSync(path).size + 17);
  program.child.kill('SIGUSR2');
  await until(() => program.stderr.includes('EFBIG'), { what: 'the warning' });
  expect(readFileSync(path, 'utf8')).not.toMatch(/\n$/);
  limitFiles(program, 'unlimited');
  await until(() => numbers(path).length === 20, { what: 'the lines that waited' });
  expect(numbers(path)).toEqual(upTo(20));
});

test.runIf(canMount)('a full file system: written on when there is room again', async () => {
  const box = sandbox();
  const directory = box.path('small');
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=8m', 'none', directory]);
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  const path = `${directory}/app.log`;
  const filler = `${directory}/filler`;
  const writer = box.spawn('log-writer', { args: [JSON.stringify({ path }), '1', '100'] });
  await until(() => writer.stdout.includes('ready'), { what: 'the writer' });
  expect(() => writeFileSync(filler, Buffer.alloc(9 * KIB * KIB))).toThrow(/ENOSPC/);
  await until(() => writer.stderr.includes('ENOSPC'), { what: 'the warning' });
  rmSync(filler);
  const full = statSync(path).size;
  await until(() => statSync(path).size > full, { what: 'new lines' });
  // Little enough waited for all of it to be kept.
  const lines = await stopWriter(writer);
  expect(numbers(path)).toEqual(upTo(lines));
});

test.runIf(hasPrlimit)('a line that lacks only its newline gets it, and is not written twice', async () => {
  const box = sandbox();
  const path = box.path('app.log');
  const program = box.spawn('log-burst', { args: [JSON.stringify({ path })] });
  await until(() => program.stdout.includes('ready'), { what: 'the first lines' });
  // Numbers of one digit so far; those of the next ten lines have two.
  const { size } = statSync(path);
  const line = size / 10 + 1;
  limitFiles(program, size + 3 * line - 1);
  program.child.kill('SIGUSR2');
  await until(() => program.stderr.includes('EFBIG'), { what: 'the warning' });
  expect(readFileSync(path, 'utf8')).toMatch(/}$/);
  limitFiles(program, 'unlimited');
  await until(() => numbers(path).length >= 20, { what: 'the lines that waited' });
  expect(numbers(path)).toEqual(upTo(20));
});

/** A line of a record of its own, or `null`. */
function parsed(line: string): (LogRecord & { readonly writer?: number }) | null {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Every line of every writer is there, or one of those that their records count as lost. */
function expectAllThereOrCounted(path: string, written: readonly number[]): { merged: number; lost: number } {
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.pop()).toBe('');
  const all = lines.flatMap((line) => parsed(line) ?? []);
  const lost = all.reduce((sum, record) => sum + (record.lost ?? 0), 0);
  let missing = 0;
  for (const [writer, count] of written.entries()) {
    const there = all.filter((record) => record.writer === writer).flatMap(({ n }) => n ?? []);
    // In order, and none twice.
    expect(there).toEqual([...new Set(there)].sort((a, b) => a - b));
    missing += count - there.length;
  }
  expect(missing).toBeLessThanOrEqual(lost);
  return { merged: lines.filter((line) => parsed(line) === null && line.endsWith('}')).length, lost };
}

async function ready(...programs: ReturnType<Sandbox['spawn']>[]): Promise<void> {
  await until(() => programs.every(({ stdout }) => stdout.includes('ready')), { what: 'the writers' });
}

test.runIf(hasPrlimit).for([
  { mode: 0o640, ids: {} },
  // May write it, and not read it.
  ...(isRoot ? [{ mode: 0o200, ids: { uid: 65_534, gid: 65_534 } }] : []),
])('half a line of one writer, and another writes on: the line that runs into it is counted, %o', async ({ mode, ids }) => {
  const box = sandbox();
  const path = box.path('app.log');
  chmodSync(box.directory, 0o777);
  const options = (writer: number): string => JSON.stringify({ path, mode, base: { writer } });
  // The writer has its file open, and examines no path from now on.
  const other = box.spawn('log-burst', { args: [options(1)], ...ids });
  await ready(other);
  const first = box.spawn('log-writer', { args: [options(0), '1', '300'], ...ids });
  await ready(first);
  await limitGrowth(first, path, 50 * KIB + 17, ids);
  await until(() => first.stderr.includes('Cannot write log file'), { what: 'the warning' });
  const { size } = statSync(path);
  other.child.kill('SIGUSR2');
  await until(() => statSync(path).size > size, { what: 'lines of the other' });
  limitFiles(first, 'unlimited', ids);
  await until(() => /"lost":\d/.test(readFileSync(path, 'utf8')), { what: 'the record' });
  expect(expectAllThereOrCounted(path, [await stopWriter(first), 20])).toEqual({ merged: 1, lost: 1 });
});

test.runIf(canMount)('four writers, and a file system that is full again and again: each line is there, or counted', async () => {
  const box = sandbox();
  const directory = box.path('small');
  mkdirSync(directory);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64m', 'none', directory]);
  onTestFinished(() => void execFileSync('umount', ['-l', directory]));
  const path = `${directory}/app.log`;
  const filler = `${directory}/filler`;
  const all = upTo(4).map((writer) => box.spawn('log-writer', { args: [JSON.stringify({ path, base: { writer } }), '5', '100'] }));
  await ready(...all);
  for (let round = 1; round <= 8; round++) {
    expect(() => writeFileSync(filler, Buffer.alloc(65 * KIB * KIB))).toThrow(/ENOSPC/);
    const full = statSync(path).size;
    await until(() => statSync(path).size > full || all.every(({ stderr }) => stderr.includes('ENOSPC')), { what: 'the warnings' });
    const reached = all.map(({ stdout }) => progress(stdout));
    await until(() => all.every(({ stdout }, writer) => progress(stdout) > (reached[writer] ?? 0)), { what: 'lines that wait' });
    rmSync(filler);
    const before = statSync(path).size;
    await until(() => statSync(path).size > before + 100 * KIB, { what: 'new lines' });
  }
  expectAllThereOrCounted(path, await Promise.all(all.map(stopWriter)));
});

test('half a line that an earlier process left is not run into', () => {
  const path = sandbox().path('app.log');
  writeFileSync(path, '{"msg":"whole"}\n{"msg":"ha');
  const logger = fileLogger({ path });
  onTestFinished(() => logger[Symbol.dispose]());
  logger.info('next');
  logger.info('and next');
  const lines = readFileSync(path, 'utf8').split('\n');
  expect(lines.map((line) => parsed(line)?.msg)).toEqual(['whole', undefined, 'next', 'and next', undefined]);
});
