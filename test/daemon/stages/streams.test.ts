import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { caller, callerOf } from '../../helpers/caller.ts';
import { isRunning, observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { filesOf, inside, refused, started } from './run.ts';

test.each([
  ['nothing', 0],
  ['one byte', 1],
  ['a mebibyte', 1 << 20],
])('stdin content: %s, after the launcher has ended', async (_, length) => {
  const box = sandbox();
  // Characters of one to four bytes, so that a wrong cut shows.
  const content = 'xä€𝄞\0\n'.repeat(length / 11 + 1).slice(0, length);
  writeFileSync(box.path('content'), content);
  const { said } = await inside(box, {}, { env: { FIXTURE_CONTENT: 'content' } });
  expect(Buffer.from(said.stdin, 'base64').equals(Buffer.from(content))).toBe(true);
});

test('stdin comes from a path, or from a descriptor of the launcher', async () => {
  const box = sandbox();
  writeFileSync(box.path('input'), 'from a file');
  expect(Buffer.from((await inside(box, { stdin: 'input' })).said.stdin, 'base64').toString()).toBe('from a file');
  const fd = openSync(box.path('input'), 'r');
  const other = sandbox();
  const { said, seen } = await inside(other, { stdin: 7 }, { descriptors: { 7: fd } });
  closeSync(fd);
  expect(Buffer.from(said.stdin, 'base64').toString()).toBe('from a file');
  expect(filesOf(seen).filter(([, target]) => target === box.path('input'))).toEqual([[0, box.path('input')]]);
});

test("stdin 0 is the launcher's", async () => {
  const box = sandbox();
  const { said } = await inside(box, { stdin: 0 }, { stdin: { content: 'typed' } });
  expect(Buffer.from(said.stdin, 'base64').toString()).toBe('typed');
});

test('paths: appended to, one open file for the same path, relative to the launcher', async () => {
  const box = sandbox();
  writeFileSync(box.path('daemon.log'), 'older\n');
  const seen = await started(box, { stdout: 'daemon.log', stderr: 'daemon.log' });
  const log = box.path('daemon.log');
  expect(filesOf(seen).filter(([, target]) => target === log)).toEqual([
    [1, log],
    [2, log],
  ]);
  expect(seen.fds.filter(({ fd }) => fd === 1 || fd === 2).map(({ flags }) => flags & 0o2000)).toEqual([0o2000, 0o2000]);
  expect(readFileSync(log, 'utf8')).toBe('older\n');
});

test("descriptors: swapped, the launcher's own, all the same", async () => {
  const box = sandbox();
  const out = openSync(box.path('out'), 'a');
  const err = openSync(box.path('err'), 'a');
  const launch = { stdout: out, stderr: err, descriptors: { 5: out } };
  const at = async (options: object) => {
    const finished = await box.launch('stage-options', { ...launch, args: [JSON.stringify({ ...options, pidFile: null })] });
    expect(finished.code).toBe(0);
    const { pid } = JSON.parse(readFileSync(box.path('out'), 'utf8').trim().split('\n').at(-1) ?? '') as { pid: number };
    const files = filesOf(observe(pid));
    expect(files.filter(([fd, target]) => fd > 2 && [box.path('out'), box.path('err')].includes(target))).toEqual([]);
    return files.filter(([fd]) => fd < 3).map(([, target]) => target);
  };
  expect(await at({ stdout: 2, stderr: 1 })).toEqual(['/dev/null', box.path('err'), box.path('out')]);
  expect(await at({ stdout: 1, stderr: 2 })).toEqual(['/dev/null', box.path('out'), box.path('err')]);
  expect(await at({ stdout: 5, stderr: 5 })).toEqual(['/dev/null', box.path('out'), box.path('out')]);
  expect(await at({ stderr: 5 })).toEqual(['/dev/null', '/dev/null', box.path('out')]);
  closeSync(out);
  closeSync(err);
});

test('/dev/full and a reader that goes away do not end a daemon that writes', async () => {
  const box = sandbox();
  const { child, pid: launcher } = box.spawn('stage-writes', { args: ['/dev/full'] });
  await until(() => !isRunning(launcher), { what: 'the launcher' });
  const pid = await box.readPid();
  // Its stderr is the pipe of its launcher, which nobody reads any more.
  child.stderr?.destroy();
  // The launcher ends when the daemon is ready, and run() begins right after.
  const before = await until(() => Number(readFileSync(box.path('count'), 'utf8')), { what: 'the first line' });
  await until(() => Number(readFileSync(box.path('count'), 'utf8')) > before + 5, { what: 'five more lines' });
  expect(isRunning(pid)).toBe(true);
});

test('output right before stage 9 reaches the launcher, output after it the file', async () => {
  const box = sandbox();
  const finished = await box.launch('stage-writes-before-nine', { args: [box.path('daemon.log')] });
  const { output, error } = JSON.parse(finished.stdout) as { output: number; error: number };
  expect({ output, error }).toEqual({ output: 300_000, error: 300_000 });
  await until(() => readFileSync(box.path('daemon.log'), 'utf8') === 'after\nafter, too\n', { what: 'the log' });
});

test('no other thread can get a number that stage 9 closes for an instant: with another thread about, dup2 replaces it', async () => {
  const box = sandbox();
  const usesDup2 = async (what: string) => {
    const { stdout } = await box.launch('stage-threads', { args: [what, box.path('fifo')] });
    const { pid } = JSON.parse(stdout) as { pid: number };
    expect(filesOf(observe(pid)).slice(0, 3)).toEqual([0, 1, 2].map((fd) => [fd, '/dev/null']));
    // The race itself is too narrow to be seen; what can be seen is that the library was loaded that makes the call.
    return callerOf(pid);
  };
  expect(await usesDup2('worker')).toBe(caller);
  expect(await usesDup2('request')).toBe(caller);
  // And that it was not, where it need not be: it costs time of every start.
  expect(await usesDup2('nothing')).toBe(null);
});

test('targets that cannot be opened are told before anything is spawned', async () => {
  const box = sandbox();
  mkdirSync(box.path('directory'));
  writeFileSync(box.path('file'), '');
  symlinkSync('file', box.path('link'));
  symlinkSync('nowhere', box.path('dangling'));
  const { message } = await refused(box, { stdin: 'none', stdout: 'directory', stderr: 'none/log' });
  expect(message).toMatch(/Option 'stdin': .*ENOENT/);
  expect(message).toMatch(/Option 'stdout': .*EISDIR/);
  expect(message).toMatch(/Option 'stderr': .*ENOENT/);
  expect((await refused(box, { stdout: 'link', stderr: 'dangling' })).message).toMatch(/'stdout': .*ELOOP.*\n.*'stderr': .*ELOOP/);
});

test('a log that becomes a symlink on the way is not followed', async () => {
  const box = sandbox();
  writeFileSync(box.path('precious'), 'data');
  const { stdout } = await box.launch('stage-log-replaced', { args: [box.path('log'), box.path('precious')] });
  expect(JSON.parse(stdout)).toMatchObject({ stage: 1, cause: 'ELOOP' });
  appendFileSync(box.path('precious'), '');
  expect(readFileSync(box.path('precious'), 'utf8')).toBe('data');
});

test('a log that becomes a FIFO on the way is refused, and not waited for', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('stage-log-replaced', { args: [box.path('log'), 'fifo'] });
  expect(JSON.parse(stdout)).toMatchObject({ stage: 1, cause: 'ENXIO' });
});
