import { execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { createServer, Socket } from 'node:net';
import { PassThrough } from 'node:stream';
import { inspect } from 'node:util';
import { Daemon, type DaemonError, OptionError } from '@daemonium/daemon';
import { afterAll, expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

const box = sandbox(afterAll);
const file = box.path('file');
writeFileSync(file, '');
mkdirSync(box.path('directory'));
symlinkSync('file', box.path('link'));
const closed = 998;
const readable = openSync(file, 'r');
const writable = openSync(file, 'w');
const handle = await open(file);
const gone = await open(file);
await gone.close();
const destroyed = new Socket().destroy();
afterAll(async () => {
  for (const fd of [readable, writable]) closeSync(fd);
  await handle.close();
});

class Service extends Daemon {
  override run(): void {}
  handle(): void {}
}

/** What start() says. Options that are right come to "this is a test runner's worker", which is told after all checks. */
async function said(options: object, Class: new (options: object) => Daemon = Daemon): Promise<DaemonError | OptionError> {
  const all = Class === Daemon && !('target' in options) ? { target: () => {}, ...options } : options;
  return new Class(all).start().then(
    () => expect.fail('started'),
    (error: DaemonError) => error,
  );
}

const RIGHT = 'ERR_TEST_RUNNER';
const TYPE = 'ERR_OPTION_TYPE';
const RANGE = 'ERR_OPTION_RANGE';
const VALUE = 'ERR_OPTION_VALUE';

const faults: [option: string, value: unknown, code: string, message?: RegExp][] = [
  ...[-1, 0o1000, 0o1777, 1.5, Number.NaN, 2 ** 32].map(
    (value) => ['umask', value, RANGE, /0 to 0o777/] as [string, unknown, string, RegExp],
  ),
  ...['999', '8', '', null, 0o77n].map((value) => ['umask', value, TYPE] as [string, unknown, string]),
  ['umask', '022', TYPE, /expected the number 0o022, got "022"/],
  ['umask', '0o27', TYPE, /expected the number 0o027,/],
  ...[-1, Number.NaN, 2 ** 31, Number.POSITIVE_INFINITY].map((value) => ['startTimeout', value, RANGE] as [string, unknown, string]),
  ['stopTimeout', -1, RANGE],
  ['stopTimeout', '5', TYPE],
  ['workingDirectory', '', VALUE],
  ['workingDirectory', 'relative', VALUE, /absolute path, got "relative"/],
  ['workingDirectory', box.path('none'), VALUE, /ENOENT/],
  ['workingDirectory', file, VALUE, /ENOTDIR/],
  ['workingDirectory', '/tmp\0', VALUE],
  ['workingDirectory', 5, TYPE],
  ['workingDirectory', new URL('http://localhost/'), VALUE],
  ['workingDirectory', new URL('file://elsewhere/tmp'), VALUE, /of this machine/],
  ['rootDirectory', box.path('none'), VALUE],
  ['user', 'no-such-user', VALUE, /a user that exists, got "no-such-user"/],
  ['user', '', VALUE],
  ['user', -1, RANGE],
  ['user', 2 ** 32 - 1, RANGE],
  ['user', 1.5, RANGE],
  ['user', {}, TYPE],
  ['user', 54_321, VALUE, /together with group/],
  ['group', 'no-such-group', VALUE],
  ['group', -1, RANGE],
  ['group', 'root\0', VALUE],
  ['initGroups', 'yes', TYPE],
  ['preventCore', 1, TYPE],
  ['detach', 'yes', TYPE, /true or false or 'auto', got "yes"/],
  ['detach', 2, TYPE],
  ['monitor', 'no', TYPE],
  ['monitor', false, VALUE, /only activate\(\)/],
  ['waitForReady', 0, TYPE],
  ['name', '', VALUE],
  ['name', 'a\nb', VALUE],
  ['name', 5, TYPE],
  ['args', 'x', TYPE],
  ['args', [() => {}], VALUE, /cloned/],
  ['args', [Symbol('s')], VALUE],
  ['args', [new WeakMap()], VALUE],
  ['kwargs', 5, TYPE],
  ['kwargs', { callback() {} }, VALUE],
  ['env', 'A=1', TYPE],
  ['env', { 'A=B': '1' }, VALUE],
  ['pidFile', 42, TYPE],
  ['pidFile', {}, TYPE],
  ['pidFile', '', VALUE],
  ['pidFile', 'a\0', VALUE],
  ['pidFile', new URL('https://example.org/x.pid'), VALUE],
  ['logger', {}, TYPE],
  ['logger', console, TYPE],
  ['inheritFiles', 3, TYPE],
  ['inheritFiles', '3', TYPE],
  ['target', null, TYPE],
  ['target', 5, TYPE],
  ['target', 'run', VALUE],
  ['target', box.path('none.js'), VALUE, /ENOENT/],
  ['target', box.path('directory'), VALUE],
  ['target', new URL('https://example.org/daemon.js'), VALUE],
  ['target', class Foo {}, TYPE],
  ...(['stdin', 'stdout', 'stderr'] as const).flatMap((option): [string, unknown, string, RegExp?][] => [
    [option, {}, TYPE],
    [option, true, TYPE],
    [option, destroyed, TYPE],
    [option, new PassThrough(), TYPE],
    [option, closed, VALUE, /EBADF/],
    [option, 999, VALUE, /EBADF/],
    [option, -1, RANGE],
    [option, 1.5, RANGE],
    [option, gone, RANGE],
    [option, '', VALUE],
    [option, box.path('directory'), VALUE, /EISDIR/],
    [option, box.path('none', 'log'), VALUE, /ENOENT/],
  ]),
  ['stdin', writable, VALUE, /can be read/],
  ['stdout', readable, VALUE, /can be written/],
  ['stderr', box.path('link'), VALUE, /ELOOP/],
];

test.each(
  faults.map(
    ([option, value, code, message = /./]) => [option, inspect(value, { depth: -1 }).slice(0, 60), { value, code, message }] as const,
  ),
)('%s: %s is refused', async (option, _, { value, code, message }) => {
  const error = await said({ [option]: value });
  expect(error).toBeInstanceOf(OptionError);
  expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
  expect((error as OptionError).option).toMatch(new RegExp(`^${option}\\b`));
  expect(error.message).toMatch(new RegExp(`^Option '${option}`));
});

test.each([
  ['an array', ['3'], 'inheritFiles[0]', TYPE],
  ['an object', [{}], 'inheritFiles[0]', TYPE],
  ['a closed descriptor', [0, closed], 'inheritFiles[1]', VALUE],
  ['-1', [-1], 'inheritFiles[0]', RANGE],
  ['1.5', [1.5], 'inheritFiles[0]', RANGE],
  ['2^31', [2 ** 31], 'inheritFiles[0]', RANGE],
  ['a stream without a descriptor', [destroyed], 'inheritFiles[0]', TYPE],
  ['a server that does not listen', [createServer()], 'inheritFiles[0]', TYPE],
  ['a closed FileHandle', [gone], 'inheritFiles[0]', RANGE],
])('inheritFiles with %s', async (_, inheritFiles, option, code) => {
  expect(await said({ inheritFiles })).toMatchObject({ name: 'OptionError', option, code });
});

test.each([
  ['SIGBOGUS', 'handle', /a signal's name or number/],
  ['sigterm', 'handle', /such as 'SIGTERM'/],
  ['TERM', 'handle', /such as 'SIGTERM'/],
  ['SIGRTMIN', 'handle', /a signal's name or number/],
  ['0', 'handle', /a signal's name or number/],
  ['-1', 'handle', /a signal's name or number/],
  ['99', 'handle', /a signal's name or number/],
  ['NaN', 'handle', /a signal's name or number/],
  ['toString', 'handle', /a signal's name or number/],
  ['SIGKILL', 'handle', /cannot be caught/],
  ['9', null, /cannot be caught/],
  ['SIGSTOP', null, /cannot be caught/],
  ['SIGSEGV', 'handle', /SIGSEGV is not one/],
  ['11', 'handle', /SIGSEGV is not one/],
  ['SIGBUS', 'handle', /SIGBUS is not one/],
  ['SIGFPE', 'handle', /SIGFPE is not one/],
  ['SIGILL', 'handle', /SIGILL is not one/],
  ['SIGPROF', 'handle', /SIGPROF is not one/],
  ['SIGABRT', 'handle', /SIGABRT is not one/],
  ['SIGIOT', 'handle', /SIGIOT is not one/],
  ['SIGSYS', 'handle', /SIGSYS is not one/],
  ['SIGTRAP', 'handle', /SIGTRAP is not one/],
  ['SIGCHLD', null, /SIGCHLD is not one/],
  ['SIGTERM', 'missing', /the name of a method of the daemon, got "missing"/],
  ['SIGTERM', 5, /a method's name, a function, or null/],
  ['SIGTERM', undefined, /a method's name, a function, or null/],
])('signalMap: %s to %s is refused', async (signal, action, message) => {
  const error = await said({ signalMap: { [signal]: action } }, Service);
  expect(error).toMatchObject({ name: 'OptionError', option: `signalMap.${signal}`, message: expect.stringMatching(message) });
});

test('functions for signals do not cross to a module target', async () => {
  const options = { target: new URL('../../fixtures/dist/stage-module.js', import.meta.url), signalMap: { SIGHUP: () => {} } };
  expect(await said(options)).toMatchObject({ option: 'signalMap.SIGHUP', code: VALUE });
});

test('correct options are accepted', async () => {
  for (const options of [
    {},
    {
      umask: undefined,
      user: undefined,
      pidFile: undefined,
      env: { GONE: undefined },
      kwargs: undefined,
    },
    { umask: 0 },
    { umask: 0o777, preventCore: false, startTimeout: 0, stopTimeout: 2 ** 31 - 1, name: 'ä name' },
    { workingDirectory: new URL('file:///tmp/'), env: { A: '1', B: undefined }, pidFile: null, logger: null },
    { stdin: { content: '' }, stdout: file, stderr: box.path('new.log') },
    { stdin: readable, stdout: writable, stderr: handle.fd === readable ? null : '/dev/full' },
    { stdin: handle, inheritFiles: new Set([0, 1, 2, handle, readable]) },
    { user: 'auto', group: 'auto', initGroups: false },
    { signalMap: { SIGHUP: 'reload', 15: () => {}, SIGUSR1: null, SIGWINCH: null } },
    { args: [1, 'a', { b: new Map([[1, new Date()]]) }, [undefined]], kwargs: { big: 1n } },
  ]) {
    expect(await said(options), JSON.stringify(Object.keys(options))).toMatchObject({ code: RIGHT });
  }
  expect(readdirSync(box.directory).toSorted()).toEqual(['directory', 'file', 'link']);
});

test('unknown options are refused, and the known ones named', async () => {
  expect(await said({ umaks: 0 })).toMatchObject({
    option: 'umaks',
    code: 'ERR_OPTION_UNKNOWN',
    message: expect.stringMatching(/^Option 'umaks': .*umask/),
  });
});

test('a daemon with no target, or with two, is refused', async () => {
  expect(await said({ target: undefined })).toMatchObject({ name: 'DaemonError', code: 'ERR_NOTHING_TO_RUN' });
  expect(await said({ target: () => {} }, Service)).toMatchObject({ option: 'target', code: VALUE });
});

test('a FIFO is refused, which would wait for its other end', async () => {
  const fifo = sandbox().path('fifo');
  execFileSync('mkfifo', [fifo]);
  expect(await said({ stdin: fifo })).toMatchObject({ option: 'stdin', message: expect.stringMatching(/FIFO/) });
  expect(await said({ stdout: fifo })).toMatchObject({ option: 'stdout', message: expect.stringMatching(/FIFO/) });
});
