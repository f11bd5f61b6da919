import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { failureOf, type Told } from '../launcher/told.ts';
import { PATIENT } from '../patient.ts';

interface Member {
  readonly pid: number;
  readonly seen: Record<string, Told>;
  readonly options: ReadonlyArray<{ role: string; pid: number | null }>;
}

const json = <T>(path: string) => until(() => JSON.parse(readFileSync(path, 'utf8')) as T, { what: path });
const lines = (path: string) => readFileSync(path, 'utf8').trimEnd().split('\n');

test('daemons of one script, one by one: in each, the earlier starts settle as they had in the launcher', async () => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('start-several', { args: ['one-by-one', box.directory] });
  expect(stderr).toBe('');
  const told = JSON.parse(lines2(stdout).at(-1) ?? '') as Record<'a' | 'b' | 'c', Told>;
  expect(told).toMatchObject({ a: { ok: true, output: 'the script\nstage 5 of a\n' }, b: { ok: false, pid: null }, c: { ok: true } });
  const [a, c] = [await json<Member>(box.path('a.json')), await json<Member>(box.path('c.json'))];
  expect([a.pid, c.pid]).toEqual([told.a.pid, told.c.pid]);
  expect([a.pid, c.pid].map((pid) => isRunning(pid))).toEqual([true, true]);
  // a was the first; c saw what became of a and b.
  expect(a.seen).toEqual({});
  expect(c.options.map(({ role }) => role)).toEqual(['launcher', 'launcher', 'daemon']);
  const quick = { milliseconds: expect.any(Number) };
  expect(c.seen).toMatchObject({
    a: { ...told.a, ...quick },
    b: { ...told.b, ...quick, failure: { ...told.b.failure, stack: expect.any(String) } },
  });
  expect(c.seen['b']?.failure).toMatchObject({ class: 'StartError', stage: 5, cause: { class: 'RangeError', message: 'b never works' } });
  expect(existsSync(box.path('b.json'))).toBe(false);
});

const lines2 = (text: string) => text.trimEnd().split('\n');

test('daemons of one script, all at once: in each, the others stay pending', async () => {
  const box = sandbox();
  const { stdout } = await box.launch('start-several', { args: ['together', box.directory] });
  const told = JSON.parse(lines2(stdout).at(-1) ?? '') as Record<'a' | 'b' | 'c', Told>;
  expect(told).toMatchObject({ a: { ok: true }, b: { ok: false }, c: { ok: true } });
  for (const name of ['a', 'c'] as const) {
    const member = await json<Member>(box.path(`${name}.json`));
    expect({ pid: member.pid, seen: member.seen }).toEqual({ pid: told[name].pid, seen: {} });
    expect(await box.readPid(`${name}.pid`)).toBe(member.pid);
  }
});

const RERAN =
  /This happened while the script ran again in the daemon, before it came to its own start\(\): .*isDaemonProcess.*module target/;

test.each([
  ['ends', { exitCode: 0, message: expect.stringMatching(/exited with 0 before it was ready, before stage 1/) }],
  ['exits', { exitCode: 3 }],
  ['idle', { exitCode: 13 }],
  ['throws', { exitCode: 1, cause: { message: 'only a launcher may' } }],
  ['rejects', { exitCode: 1, cause: { message: 'only a launcher may' } }],
  ['kills', { signal: 'SIGKILL' }],
  ['waits', { class: 'StartTimeoutError' }],
])('a script that does not come to its own start: %s', async (how, expected) => {
  const box = sandbox();
  const launcher = await box.launch('start-before-own', { args: [how] });
  const failure = failureOf({ ...launcher, stdout: launcher.stdout.replace('before\n', '') });
  expect(failure).toMatchObject({ stage: null, output: 'before\n', message: expect.stringMatching(RERAN), ...expected });
  expect(carriersOf(box.token)).toEqual([]);
});

test.each([
  ['other-name', "call 1 was start() of Daemon 'mine' in the launcher, and is start() of Daemon 'another' here"],
  ['other-class', "call 1 was start() of Daemon 'mine' in the launcher, and is start() of Another 'mine' here"],
  ['stops', "call 1 was start() of Daemon 'mine' in the launcher, and is stop() of Daemon 'mine' here"],
])('a script that does something else when it runs again: %s', async (how, expected) => {
  const box = sandbox();
  const launcher = await box.launch('start-before-own', { args: [how] });
  const failure = failureOf({ ...launcher, stdout: launcher.stdout.replace('before\n', '') });
  expect(failure.message).toContain(expected);
  expect(failure.message.match(/isDaemonProcess/g)).toHaveLength(1);
  expect(failure.cause).toMatchObject({ class: 'DaemonError', code: 'ERR_REPLAY' });
});

test('stop() and start() in one script: the daemon repeats the results of the launcher, and stops no process', async () => {
  const box = sandbox();
  const first = JSON.parse(lines2((await box.launch('start-stop-start')).stdout)[1] ?? '');
  expect(first).toMatchObject({ stopped: 'not running', asked: 'false null', output: 'script: false null, not running\n' });
  const second = JSON.parse(lines2((await box.launch('start-stop-start')).stdout)[1] ?? '');
  expect(second).toMatchObject({ stopped: `stopped ${first.pid}`, asked: `true ${first.pid}` });
  expect(second.output).toBe(`script: true ${first.pid}, stopped ${first.pid}\n`);
  expect([isRunning(first.pid), isRunning(second.pid)]).toEqual([false, true]);
});

/** Node.js prints some things behind the `exit` event, which the daemon notes. */
async function untilEnded(box: Sandbox): Promise<void> {
  const pid = await until(() => Number(readFileSync(box.path('pid'), 'utf8')), { what: 'the pid of the daemon' });
  await until(() => !isRunning(pid), { what: 'its end' });
}

test('when run() is done and nothing is left the daemon ends with 0, and without a warning about its script', async () => {
  const box = sandbox();
  await box.launch('start-over', { args: [box.directory] });
  await untilEnded(box);
  expect(lines(box.path('notes')).sort()).toEqual(['after start', 'exit 0', 'run']);
  expect(readFileSync(box.path('err'), 'utf8')).toBe('');
});

test('timers and sockets that run() leaves keep the daemon alive; then it ends in silence', async () => {
  const box = sandbox();
  await box.launch('start-over', { args: [box.directory, '300'] });
  await untilEnded(box);
  expect(lines(box.path('notes')).filter((note) => note !== 'after start')).toEqual(['run', 'timer', 'exit 0']);
  expect(readFileSync(box.path('err'), 'utf8')).toBe('');
});

test('a run() that throws in its first turn is a failed start, and nothing is left', async () => {
  const box = sandbox();
  const launcher = await box.launch('start-over', { args: [box.directory, '100000', 'throws-at-once'], ...PATIENT });
  expect(launcher.stderr).toMatch(/StartError: Daemon '[^']*' failed in run\(\): Error: in the first turn/);
  expect(existsSync(box.path('daemon.pid'))).toBe(false);
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
});

test('a run() that throws is logged, frees the lock, and ends with 1', async () => {
  const box = sandbox();
  await box.launch('start-over', { args: [box.directory, '100000', 'throws'] });
  await untilEnded(box);
  expect([lines(box.path('notes')).includes('exit 1'), await box.isLocked()]).toEqual([true, false]);
  expect(readFileSync(box.path('err'), 'utf8')).toMatch(/run\(\) failed: Error: half way\n\s+at /);
});

test.each(['forgotten', 'late'])('the launcher warns of a start() that is not awaited: %s', async (how) => {
  const box = sandbox();
  const { stderr } = await box.launch('start-not-awaited', { args: [how] });
  expect(stderr).toContain("[DAEMONIUM_NOT_AWAITED] DaemonWarning: start() of daemon 'lonely' is not awaited");
  expect(await box.isLocked()).toBe(true);
});

test.each(['awaited', 'returned', 'all', 'chained', 'finally'])('a start() that is awaited causes no warning: %s', async (how) => {
  const box = sandbox();
  expect((await box.launch('start-not-awaited', { args: [how] })).stderr).toBe('');
  expect(await box.isLocked()).toBe(true);
});

test('inside a running daemon start() takes module targets only', async () => {
  const box = sandbox();
  await box.launch('start-inside', { args: [box.directory, fixture('start-module-target')] });
  const [script, module] = await json<[Told, Told]>(box.path('results.json'));
  expect(script).toMatchObject({ ok: false, failure: { class: 'DaemonError', code: 'ERR_INSIDE_DAEMON' } });
  expect(module).toMatchObject({ ok: true });
  expect(await json(box.path('target.json'))).toMatchObject({ pid: module.pid, role: 'daemon' });
  expect(observe(module.pid ?? 0).environ['DAEMONIUM_START']).toBeDefined();
});
