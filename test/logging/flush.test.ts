import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { numbers, records, upTo } from './records.ts';

const modes = [{ sync: true }, { sync: false }];

test.for(modes)('lines logged before process.exit and in exit listeners are on disk, %o', async ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const { code, stderr } = await box.launch('log-lines-then-exit', { args: [JSON.stringify({ path, sync }), '5000'] });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(numbers(path)).toEqual(upTo(5001));
});

test.for(modes.flatMap(({ sync }) => (['SIGTERM', 'SIGINT'] as const).map((signal) => ({ sync, signal }))))(
  '10,000 lines and then a signal: 10,000 on disk, and the process dies by it, %o',
  async ({ sync, signal }) => {
    const box = sandbox();
    const path = box.path('app.log');
    const ended = await box.launch('log-lines-then-signal', { args: [JSON.stringify({ path, sync }), '10000', signal] });
    expect(ended).toMatchObject({ code: null, signal, stderr: '' });
    expect(numbers(path)).toEqual(upTo(10_000));
  },
);

test.for(modes)("a SIGTERM listener of the program's own decides about the end, %o", async ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const ended = await box.launch('log-lines-then-own-sigterm', { args: [JSON.stringify({ path, sync }), '1000'] });
  expect(ended).toMatchObject({ code: 5, signal: null });
  expect(numbers(path)).toEqual(upTo(1001));
});

test.for(['logger', 'pid file'])(
  'a buffered logger and makePidFile() do not wait for each other to end the process, first the %s',
  async (first) => {
    const box = sandbox();
    const path = box.path('app.log');
    const ended = await box.launch('log-with-pid-file', { args: [JSON.stringify({ path, sync: false }), box.directory, first] });
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stderr: '' });
    expect(numbers(path)).toEqual(upTo(1000));
    expect(readdirSync(box.directory)).toEqual(['app.log']);
  },
);

test.for(['first', 'last'])('signal-exit, which many packages bring, does not keep the process from ending, listening %s', async (when) => {
  const box = sandbox();
  const path = box.path('app.log');
  const ended = await box.launch('log-with-signal-exit', { args: [JSON.stringify({ path, sync: false }), box.directory, when] });
  expect(ended).toMatchObject({ code: null, signal: 'SIGTERM', stdout: 'signal-exit: SIGTERM\n', stderr: '' });
  expect(numbers(path)).toEqual(upTo(1000));
  expect(readdirSync(box.directory)).toEqual(['app.log']);
});

test.for(modes)('lines logged before an uncaught error are on disk, %o', async ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const { code, stderr } = await box.launch('log-lines-then-throw', { args: [JSON.stringify({ path, sync }), '1000'] });
  expect(code).toBe(1);
  expect(stderr).toContain('uncaught on purpose');
  expect(numbers(path)).toEqual(upTo(1000));
});

test.for([
  ...modes,
  { sync: false, level: 'fatal' },
  { sync: false, customLevels: { shout: 90 }, useOnlyCustomLevels: true, level: 'shout' },
])('logFatal() writes the error before the process is gone without any listener, %o', async (options) => {
  const box = sandbox();
  const path = box.path('app.log');
  const { code, stdout } = await box.launch('log-fatal', { args: [JSON.stringify({ path, ...options })] });
  expect({ code, stdout }).toEqual({ code: 1, stdout: 'true\n' });
  expect(records(path).at(-1)).toMatchObject({
    level: 'customLevels' in options ? 90 : 60,
    err: { message: 'the end' },
    msg: 'uncaught error',
  });
});

test('logFatal() of a silent logger says that it logged nothing', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('log-fatal', { args: [JSON.stringify({ path: box.path('app.log'), level: 'silent' })] });
  expect(stdout).toBe('false\n');
});

test('a full device does not end the process, and the loss is told at exit', async () => {
  const box = sandbox();
  const { code, stderr } = await box.launch('log-lines-then-exit', { args: [JSON.stringify({ path: '/dev/full' }), '99'] });
  expect(code).toBe(0);
  expect(stderr).toContain("99 lines could not be written to '/dev/full': ENOSPC");
});
