import { existsSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { PATIENT } from '../patient.ts';
import { endOf, textOf } from '../subject.ts';
import { failureOf, toldBy } from './told.ts';

async function expectNothingLeft(box: Sandbox): Promise<void> {
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
  expect([await box.isLocked(), existsSync(box.path('daemon.pid'))]).toEqual([false, false]);
}

/** The end of a daemon that its start does not wait for. It has lost its environment before its lock is free. */
async function untilOver(box: Sandbox): Promise<void> {
  const isOver = async () => carriersOf(box.token).filter(isRunning).length === 0 && !(await box.isLocked());
  await until(isOver, { what: 'its end' });
}

test.each(['throws', 'rejects', 'next-tick'])('run() %s before it has waited for anything: a StartError, and nothing left', async (how) => {
  const box = sandbox();
  const failure = failureOf(await box.launch('start-first-turn', { args: [how], ...PATIENT }));
  expect(failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_START',
    stage: null,
    exitCode: 1,
    pid: null,
    message: "Daemon 'early' failed in run(): TypeError: no such file",
    cause: { class: 'TypeError', stack: expect.stringContaining('start-first-turn') },
  });
  await expectNothingLeft(box);
});

test('a run() that throws in its first turn is logged, where there is a logger', async () => {
  const box = sandbox();
  const launcher = await box.launch('life-daemon', { args: ['throws', box.directory, '{"log":true}'], ...PATIENT });
  expect([launcher.code, launcher.stderr]).toEqual([
    1,
    expect.stringContaining("StartError: Daemon 'subject' failed in run(): Error: run threw"),
  ]);
  expect(textOf(box, 'log')).toContain('"msg":"run() failed"');
  await expectNothingLeft(box);
});

test.each([
  ['exits-3', { exitCode: 3, signal: null, message: "Daemon 'early' exited with 3 in the first turn of run()" }],
  ['kills-itself', { exitCode: null, signal: 'SIGKILL', message: "Daemon 'early' was killed by SIGKILL in the first turn of run()" }],
])('%s in the first turn: a StartError that tells how, and nothing left', async (how, expected) => {
  const box = sandbox();
  const launcher = await box.launch('start-first-turn', { args: [how], ...PATIENT });
  expect(failureOf(launcher)).toMatchObject({ class: 'StartError', stage: null, ...expected });
  await expectNothingLeft(box);
});

test('an end in the first turn that takes longer than start() waits for the turn is waited for, be it a failure or the end of its work', async () => {
  const slowly = async (how: string) => {
    const box = sandbox();
    const told = toldBy(await box.launch('start-first-turn', { args: [how, 'start', '{"slowly":true}'] }));
    await expectNothingLeft(box);
    return told;
  };
  const [failed, finished] = await Promise.all([slowly('exits-3'), slowly('exits-0')]);
  expect(failed).toMatchObject({ ok: false, failure: { message: "Daemon 'early' exited with 3 in the first turn of run()" } });
  expect(finished).toMatchObject({ ok: true, pid: expect.any(Number) });
});

test.each(['returns', 'exits-0'])('work that is done in the first turn is done: %s', async (how) => {
  const box = sandbox();
  expect(toldBy(await box.launch('start-first-turn', { args: [how], ...PATIENT }))).toMatchObject({ ok: true, pid: expect.any(Number) });
  await untilOver(box);
  await expectNothingLeft(box);
});

test('a first turn that takes its time: start() resolves after a second, and the daemon is left alone', async () => {
  const box = sandbox();
  const launcher = await box.launch('start-first-turn', { args: ['busy'] });
  const { milliseconds, pid } = toldBy(launcher);
  expect([milliseconds >= 1_000, existsSync(box.path('done'))]).toEqual([true, false]);
  writeFileSync(box.path('go'), '');
  await until(() => existsSync(box.path('done')), { what: 'the end of its turn' });
  expect([pid, isRunning(pid as number), await box.isLocked()]).toEqual([await box.readPid(), true, true]);
});

test('a run() that fails after I/O is no failed start', async () => {
  const box = sandbox();
  const { ok, pid } = toldBy(
    await box.launch('start-first-turn', { args: ['rejects-later', 'start', JSON.stringify({ stderr: box.path('stderr') })] }),
  );
  expect([ok, isRunning(pid as number)]).toEqual([true, true]);
  writeFileSync(box.path('go'), '');
  await endOf(box, pid as number);
  expect(textOf(box, 'stderr')).toContain('TypeError: no such file');
});

test("an error in the daemon's own ready listener fails the start", async () => {
  const box = sandbox();
  expect(failureOf(await box.launch('start-first-turn', { args: ['ready-listener'], ...PATIENT }))).toMatchObject({
    class: 'StartError',
    stage: null,
    cause: { class: 'TypeError', message: 'the listener threw' },
  });
  await expectNothingLeft(box);
});

test('after activate(), whose start is over by then, it is told like any uncaught error', async () => {
  const box = sandbox();
  const args = ['ready-listener', 'activate', JSON.stringify({ stderr: box.path('stderr') })];
  expect(await box.launch('start-first-turn', { args })).toMatchObject({ code: 0, stderr: '' });
  await untilOver(box);
  expect(textOf(box, 'stderr')).toContain('TypeError: the listener threw');
  await expectNothingLeft(box);
});
