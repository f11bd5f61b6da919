import { existsSync, writeFileSync } from 'node:fs';
import { expect, type TestContext, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { failureOf } from './told.ts';

/** What a failed start leaves: nothing. */
async function expectNothingLeft(box: Sandbox): Promise<void> {
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
  expect(await box.isLocked()).toBe(false);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
}

async function failing({ onTestFinished }: TestContext, how: string, startTimeout?: number) {
  const box = sandbox(onTestFinished);
  const launcher = await box.launch('start-failing', { args: [how, ...(startTimeout === undefined ? [] : [String(startTimeout)])] });
  await expectNothingLeft(box);
  return failureOf(launcher);
}

test("an error of a stage reaches the launcher with its stage, cause, and the daemon's stack", async (t) => {
  const failure = await failing(t, 'error');
  expect(failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_START',
    stage: 4,
    exitCode: 1,
    signal: null,
    pid: null,
    message: "Daemon 'failing' failed in stage 4 (umask): TypeError: no such thing",
    cause: { class: 'TypeError', message: 'no such thing', cause: { class: 'RangeError', message: 'deep down' } },
  });
  expect(failure.cause?.stack).toMatch(/TypeError: no such thing\n.*\n? *at .*start-failing\.js/);
});

test.for<[how: string, expected: object]>([
  ['rejection', { message: "Daemon 'failing' failed in stage 4 (umask): Error: later" }],
  ['null', { cause: { message: 'null was thrown, which is not an Error' } }],
  ['string', { cause: { message: '"only words" was thrown, which is not an Error', properties: { thrown: '"only words"' } } }],
  ['circular', { cause: { message: 'turns on itself' } }],
  ['aggregate', { cause: { class: 'AggregateError', errors: [{ message: 'one' }, { class: 'TypeError', message: 'two' }] } }],
  ['custom', { cause: { message: 'too much', code: 'ERR_QUOTA', properties: { limit: 7 } } }],
  ['hostile', { stage: 4, exitCode: 1 }],
  ['later', { stage: 4, cause: { message: 'out of the blue' } }],
])('whatever is thrown is told: %s', async ([how, expected], t) => {
  expect(await failing(t, how)).toMatchObject({ class: 'StartError', stage: 4, ...expected });
});

test('a message of 200,000 characters comes whole', async (t) => {
  const { cause, message } = await failing(t, 'long');
  expect(cause?.message).toBe('x'.repeat(200_000));
  expect(message).toContain('x'.repeat(200_000));
});

test.for<[how: string, expected: object]>([
  ['exit-0', { exitCode: 0, signal: null, message: "Daemon 'failing' exited with 0 before it was ready, in stage 4 (umask)" }],
  ['exit-7', { exitCode: 7, signal: null, message: "Daemon 'failing' exited with 7 before it was ready, in stage 4 (umask)" }],
  ['exit-137', { exitCode: 137, signal: null, message: "Daemon 'failing' exited with 137 before it was ready, in stage 4 (umask)" }],
  [
    'kill',
    { exitCode: null, signal: 'SIGKILL', message: "Daemon 'failing' was killed by SIGKILL before it was ready, in stage 4 (umask)" },
  ],
  ['abort', { exitCode: null, signal: 'SIGABRT' }],
  ['idle', { exitCode: 13, signal: null, message: expect.stringContaining('an await had not settled') }],
])('the end before READY is told by status or signal: %s', async ([how, expected], t) => {
  expect(await failing(t, how)).toMatchObject({ class: 'StartError', stage: 4, ...expected });
});

test('the line of stderr that says most is in the message, all of it in `error`', async (t) => {
  const failure = await failing(t, 'exit-loud');
  expect(failure.message).toMatch(/ exited with 3 .*; from its stderr: the last words$/);
  expect(failure.error).toBe('first\nthe last words\n');
});

test('of all that Node.js prints about an error, the message quotes the line that names it', async (t) => {
  const { message } = await failing(t, 'exit-error');
  expect(message).toMatch(
    / exited with 1 before it was ready, in stage 4 \(umask\); from its stderr: TypeError \[ERR_SOMETHING\]: the reason$/,
  );
});

/** More than the starts need to come to their stage, in ms. */
const START_TIMEOUT = 5_000;

test.concurrent.for(['hang', 'busy', 'child-hang'])('a stage that does not end is a StartTimeoutError in time: %s', async (how, t) => {
  // What hangs never ends, and the deadline of launch() is near.
  const failure = await failing(t, how, START_TIMEOUT);
  expect(failure).toMatchObject({ class: 'StartTimeoutError', code: 'ERR_START_TIMEOUT', stage: 4 });
  expect(failure.message).toBe(`Daemon 'failing' was not ready within ${START_TIMEOUT} ms, in stage 4 (umask); it has been killed`);
  if (how === 'busy') expect(failure.output).toBe('before the loop\n');
  if (how === 'child-hang') expect(failure.output).toMatch(/^child \d+\n$/);
  expect(failure.milliseconds).toBeGreaterThan(START_TIMEOUT - 100);
});

test('children that a stage has started go with it', async (t) => {
  const failure = await failing(t, 'child');
  const pid = Number(/child (\d+)/.exec(failure.output)?.[1]);
  expect(pid).toBeGreaterThan(1);
  expect(isRunning(pid)).toBe(false);
  expect(failure.cause?.message).toBe('with a child');
});

test('what takes a while to die is gone when start() rejects', async (t) => {
  const box = sandbox(t.onTestFinished);
  // In the launcher alone: the stage's child hears of its SIGKILL later than the daemon, and not at all if the launcher does not wait for that.
  const text = `const { kill, env: { LAUNCHER } } = process;
    const { readdirSync, readFileSync } = require('node:fs');
    delete process.env.LAUNCHER;
    const isSleep = (pid) => /\\(sleep\\)/.test(readFileSync('/proc/' + pid + '/stat', 'utf8'));
    const inGroup = (pid, group) => Number(readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1]?.split(' ')[2]) === group;
    const members = (group) => readdirSync('/proc').filter((pid) => {
      try { return /^[0-9]+$/.test(pid) && inGroup(pid, group); } catch { return false; }
    }).map(Number);
    if (LAUNCHER) process.kill = (pid, signal) => {
      if (pid > 0 || signal !== 'SIGKILL') return kill.call(process, pid, signal);
      for (const member of members(-pid)) {
        if (isSleep(member)) setTimeout(() => kill.call(process, member, signal), 300).unref();
        else kill.call(process, member, signal);
      }
      return true;
    };`;
  writeFileSync(box.path('slow-death.cjs'), text);
  const launch = {
    args: ['child-hang', String(START_TIMEOUT)],
    execArgv: ['--require', box.path('slow-death.cjs')],
    env: { LAUNCHER: '1' },
  };
  const failure = failureOf(await box.launch('start-failing', launch));
  const pid = Number(/child (\d+)/.exec(failure.output)?.[1]);
  expect(pid).toBeGreaterThan(1);
  expect(isRunning(pid)).toBe(false);
  await expectNothingLeft(box);
});
