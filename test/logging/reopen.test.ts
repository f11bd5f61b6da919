import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { descriptorsOf, observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { numbers, records, upTo } from './records.ts';
import { stopWriter } from './stop-writer.ts';

const modes = [{ sync: true }, { sync: false }];
const ROTATIONS = 100;

test.for(modes)(`${ROTATIONS} rotations under a writer: no line lost, none twice, none in the wrong file, %o`, async ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const writer = box.spawn('log-writer', { args: [JSON.stringify({ path, sync })] });
  // Before its first line it looks how the file ends, through another descriptor.
  await until(() => writer.stdout.includes('ready') && statSync(path).size > 0, { what: 'the writer' });
  const descriptors = descriptorsOf(writer.pid).length;
  const sizes: number[] = [];
  for (let rotation = 0; rotation < ROTATIONS; rotation++) {
    renameSync(path, box.path(`app.log.${rotation}`));
    writer.child.kill('SIGHUP');
    await until(() => existsSync(path) && statSync(path).size > 0, { what: 'lines in the new file', interval: 1 });
    sizes.push(statSync(box.path(`app.log.${rotation}`)).size);
  }
  expect(descriptorsOf(writer.pid).length).toBe(descriptors);
  const lines = await stopWriter(writer);
  const parts = [...sizes.keys()].map((rotation) => box.path(`app.log.${rotation}`));
  // Once the new file had lines, the old one did not grow any more.
  expect(parts.map((part) => statSync(part).size)).toEqual(sizes);
  expect([...parts, path].flatMap(numbers)).toEqual(upTo(lines));
});

test.for(modes)('lines of the turn in which the file is reopened are in the file they belong to, %o', async ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const { code, stderr } = await box.launch('log-reopen-same-turn', { args: [JSON.stringify({ path, sync })] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(numbers(`${path}.1`)).toEqual(upTo(101));
  expect(numbers(path)).toEqual([101]);
});

test.for([
  { reopenOn: 'SIGUSR2', listens: ['SIGUSR2'], not: ['SIGHUP'] },
  { reopenOn: null, listens: [], not: ['SIGHUP', 'SIGUSR2'] },
  { reopenOn: undefined, listens: ['SIGHUP'], not: ['SIGUSR2'] },
])('reopenOn decides which signal is listened to, %o', async ({ reopenOn, listens, not }) => {
  const box = sandbox();
  const writer = box.spawn('log-writer', { args: [JSON.stringify({ path: box.path('app.log'), reopenOn })] });
  await until(() => writer.stdout.includes('ready'), { what: 'the writer' });
  const { caught } = observe(writer.pid);
  expect(caught).toEqual(expect.arrayContaining(listens));
  for (const signal of not) expect(caught).not.toContain(signal);
});

test.for(['before', 'after'])('a logger in a launcher leaves SIGHUP its default meaning, held %s it is opened', async (when) => {
  const box = sandbox();
  const launcher = box.spawn('log-launcher', { args: [JSON.stringify({ path: box.path('app.log') }), when] });
  await until(() => launcher.stdout.includes('ready'), { what: 'the launcher' });
  expect(observe(launcher.pid).caught).not.toContain('SIGHUP');
  launcher.child.kill('SIGHUP');
  expect(await launcher.finished).toMatchObject({ signal: 'SIGHUP' });
});

test('a signal chosen for the reopening is listened to in a launcher, too', async () => {
  const box = sandbox();
  const launcher = box.spawn('log-launcher', { args: [JSON.stringify({ path: box.path('app.log'), reopenOn: 'SIGUSR2' }), 'before'] });
  await until(() => launcher.stdout.includes('ready'), { what: 'the launcher' });
  const { caught } = observe(launcher.pid);
  expect([caught.includes('SIGUSR2'), caught.includes('SIGHUP')]).toEqual([true, false]);
});

test.for(['before', 'after'])('a logger in a foreground daemon reopens at SIGHUP, held %s it is opened', async (when) => {
  const box = sandbox();
  const path = box.path('app.log');
  const daemon = box.spawn('log-launcher', { args: [JSON.stringify({ path }), when, 'foreground'] });
  await until(() => daemon.stdout.includes('ready'), { what: 'the daemon' });
  renameSync(path, `${path}.1`);
  daemon.child.kill('SIGHUP');
  await until(() => existsSync(path), { what: 'the new file' });
});

test('a file that cannot be reopened is written on, says so, and is left as soon as the path is usable', async () => {
  const box = sandbox();
  const path = box.path('app.log');
  const target = box.path('elsewhere');
  writeFileSync(target, 'untouched');
  const writer = box.spawn('log-writer', { args: [JSON.stringify({ path })] });
  await until(() => writer.stdout.includes('ready'), { what: 'the writer' });
  renameSync(path, `${path}.1`);
  symlinkSync(target, path);
  writer.child.kill('SIGHUP');
  const notReopened = await until(() => records(`${path}.1`).find(({ logFile }) => logFile === path), { what: 'the record' });
  expect(notReopened).toMatchObject({ level: 50, reason: 'ELOOP' });
  renameSync(path, `${path}.link`);
  await until(() => existsSync(path), { what: 'a file at the path' });
  const lines = await stopWriter(writer);
  expect([...numbers(`${path}.1`), ...numbers(path)]).toEqual(upTo(lines));
  expect(statSync(target).size).toBe('untouched'.length);
});

test.for([
  { mkdir: false, hangUp: false },
  { mkdir: false, hangUp: true },
  { mkdir: true, hangUp: true },
])('a vanished directory does not end the process, the loss is told in a record, %o', async ({ mkdir, hangUp }) => {
  const box = sandbox();
  const directory = box.path('logs');
  mkdirSync(directory);
  const path = `${directory}/app.log`;
  // A line is lost for certain: the hang-up may come before the next one of the writer's.
  const writer = box.spawn('log-writer', { args: [JSON.stringify({ path, mkdir }), '5', '0', ...(hangUp ? ['at SIGHUP'] : [])] });
  await until(() => writer.stdout.includes('ready') && statSync(path).size > 1000, { what: 'lines' });
  rmSync(directory, { recursive: true });
  if (hangUp) writer.child.kill('SIGHUP');
  if (!mkdir) {
    await until(() => writer.stderr.includes('Cannot write log file'), { what: 'the warning' });
    expect(readdirSync(box.directory)).toEqual([]);
    mkdirSync(directory);
  }
  const record = await until(() => records(path).find(({ lost }) => lost !== undefined), { what: 'the record' });
  const lines = await stopWriter(writer);
  const there = numbers(path);
  // Consecutive from some number on to the last one, and no more lost than the record says.
  expect(there).toEqual(upTo(lines).slice(lines - there.length));
  expect(record.level).toBe(50);
  expect(record.lost).toBeGreaterThan(0);
});
