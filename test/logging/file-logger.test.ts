import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { pathToFileURL } from 'node:url';
import { OptionError } from '@daemonium/core';
import { type FileLogger, type FileLoggerOptions, fileLogger, LogFileError, loggerFds } from '@daemonium/logging';
import pino from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { descriptorsOf } from '../helpers/observe.ts';
import { fixture, sandbox } from '../helpers/sandbox.ts';
import { records } from './records.ts';

function open(options: FileLoggerOptions): FileLogger {
  const logger = fileLogger(options);
  onTestFinished(() => logger[Symbol.dispose]());
  return logger;
}

const modeOf = (path: string): string => (statSync(path).mode & 0o7777).toString(8);

test.for([0o000, 0o022, 0o077, 0o777])('the mode is exact whatever the umask, %o', async (umask) => {
  const box = sandbox();
  const run = (path: string, mode?: number): Promise<unknown> =>
    box.launch('-c', {
      executable: '/bin/sh',
      args: [`umask ${umask.toString(8)}; exec "$0" "$@"`, process.execPath, fixture('log-open'), JSON.stringify({ path, mode })],
    });
  await run(box.path('default.log'));
  await run(box.path('given.log'), 0o664);
  expect([modeOf(box.path('default.log')), modeOf(box.path('given.log'))]).toEqual(['640', '664']);
});

test('a file that is there keeps its content and its mode', () => {
  const path = sandbox().path('app.log');
  writeFileSync(path, '{"msg":"old"}\n');
  chmodSync(path, 0o604);
  open({ path }).info('new');
  expect(records(path).map(({ msg }) => msg)).toEqual(['old', 'new']);
  expect(modeOf(path)).toBe('604');
});

test('a file of 10 GiB is appended to', () => {
  const path = sandbox().path('app.log');
  const size = 10 * 1024 ** 3;
  writeFileSync(path, '');
  truncateSync(path, size);
  open({ path, base: null, timestamp: false }).info('x');
  const fd = openSync(path, 'r');
  onTestFinished(() => closeSync(fd));
  const end = Buffer.alloc(100);
  // What an earlier process left unfinished, here zeros, does not run into the first line.
  expect(end.toString('utf8', 0, readSync(fd, end, 0, end.length, size))).toBe('\n{"level":30,"msg":"x"}\n');
});

test('the descriptor appends and closes on exec', () => {
  const path = sandbox().path('app.log');
  const [fd] = loggerFds(open({ path }));
  const found = descriptorsOf(process.pid).find((descriptor) => descriptor.fd === fd);
  expect(found).toMatchObject({ target: path, closeOnExec: true });
  expect((found?.flags ?? 0) & 0o2001).toBe(0o2001);
});

test('mkdir makes the directories, mode 0750; without it a missing one is an error', () => {
  const box = sandbox();
  const path = box.path('a', 'b', 'app.log');
  expect(() => open({ path }).info('x')).toThrow(expect.objectContaining({ name: 'LogFileError', code: 'ENOENT', path }));
  expect(readdirSync(box.directory)).toEqual([]);
  open({ path, mkdir: true }).info('x');
  expect(records(path)).toHaveLength(1);
  expect(statSync(box.path('a')).mode & 0o027).toBe(0o750 & 0o027 & ~process.umask());
});

test('symbolic links are not followed, dangling or not', () => {
  const box = sandbox();
  writeFileSync(box.path('target'), 'content');
  symlinkSync(box.path('target'), box.path('link'));
  symlinkSync(box.path('nowhere'), box.path('dangling'));
  symlinkSync(box.path('loop'), box.path('loop'));
  for (const name of ['link', 'dangling', 'loop']) {
    expect(() => open({ path: box.path(name) }).info('x')).toThrow(LogFileError);
    expect(() => open({ path: box.path(name) }).info('x')).toThrow(
      expect.objectContaining({ code: 'ELOOP', message: expect.stringContaining(name) }),
    );
  }
  expect(readFileSync(box.path('target'), 'utf8')).toBe('content');
  expect(existsSync(box.path('nowhere'))).toBe(false);
});

test('a path that is no file to append to is an error of the first line', () => {
  const box = sandbox();
  mkdirSync(box.path('directory'));
  writeFileSync(box.path('file'), '');
  const cases = [
    [box.path('directory'), 'EISDIR'],
    [box.path('file', 'below'), 'ENOTDIR'],
    [box.path('x'.repeat(300)), 'ENAMETOOLONG'],
    ['/proc/self/mem/x', 'ENOTDIR'],
  ] as const;
  for (const [path, code] of cases) {
    expect(() => open({ path }).info('x'), path).toThrow(expect.objectContaining({ name: 'LogFileError', code, path }));
  }
  expect(readdirSync(box.directory).sort()).toEqual(['directory', 'file']);
});

test('a FIFO is refused, and not waited for, with and without a reader', async () => {
  const box = sandbox();
  const path = box.path('fifo');
  spawnSync('mkfifo', [path]);
  const tryIt = (): Promise<{ stdout: string }> => box.launch('log-open', { args: [JSON.stringify({ path })], deadline: 10_000 });
  expect(await tryIt()).toMatchObject({ stdout: 'ENXIO\n' });
  // Opened for both, so that opening it waits for nobody here.
  const reader = openSync(path, 'r+');
  onTestFinished(() => closeSync(reader));
  expect(await tryIt()).toMatchObject({ stdout: 'ENXIO\n' });
});

const wrong: [unknown, string, string][] = [
  [undefined, 'options', 'ERR_OPTION_TYPE'],
  [null, 'options', 'ERR_OPTION_TYPE'],
  ['/tmp/x', 'options', 'ERR_OPTION_TYPE'],
  [{}, 'path', 'ERR_OPTION_TYPE'],
  [{ path: 3 }, 'path', 'ERR_OPTION_TYPE'],
  [{ path: '' }, 'path', 'ERR_OPTION_VALUE'],
  [{ path: 'a\0b' }, 'path', 'ERR_OPTION_VALUE'],
  [{ path: 'dir/' }, 'path', 'ERR_OPTION_VALUE'],
  [{ path: new URL('http://example.org/x') }, 'path', 'ERR_OPTION_VALUE'],
  [{ mode: -1 }, 'mode', 'ERR_OPTION_RANGE'],
  [{ mode: 0o1777 }, 'mode', 'ERR_OPTION_RANGE'],
  [{ mode: 1.5 }, 'mode', 'ERR_OPTION_RANGE'],
  [{ mode: Number.NaN }, 'mode', 'ERR_OPTION_RANGE'],
  [{ mode: '640' }, 'mode', 'ERR_OPTION_TYPE'],
  [{ mode: null }, 'mode', 'ERR_OPTION_TYPE'],
  [{ mkdir: 'yes' }, 'mkdir', 'ERR_OPTION_TYPE'],
  [{ sync: 1 }, 'sync', 'ERR_OPTION_TYPE'],
  [{ name: 7 }, 'name', 'ERR_OPTION_TYPE'],
  [{ level: 'loud' }, 'level', 'ERR_OPTION_VALUE'],
  [{ level: 30 }, 'level', 'ERR_OPTION_TYPE'],
  [{ level: 'info', customLevels: { shout: 90 }, useOnlyCustomLevels: true }, 'level', 'ERR_OPTION_VALUE'],
  [{ reopenOn: 'SIGBOGUS' }, 'reopenOn', 'ERR_OPTION_VALUE'],
  [{ reopenOn: 'sighup' }, 'reopenOn', 'ERR_OPTION_VALUE'],
  [{ reopenOn: 'SIGKILL' }, 'reopenOn', 'ERR_OPTION_VALUE'],
  [{ redact: 5 }, 'redact', 'ERR_OPTION_VALUE'],
  [{ redact: ['a', 5] }, 'redact', 'ERR_OPTION_VALUE'],
  [{ mixin: 5 }, 'mixin', 'ERR_OPTION_VALUE'],
  ...['SIGSTOP', 'SIGABRT', 'SIGIOT', 'SIGSYS', 'SIGTRAP', 'SIGSEGV'].map((reopenOn): [unknown, string, string] => [
    { reopenOn },
    'reopenOn',
    'ERR_OPTION_VALUE',
  ]),
  [{ reopenOn: 'toString' }, 'reopenOn', 'ERR_OPTION_VALUE'],
  [{ reopenOn: 1 }, 'reopenOn', 'ERR_OPTION_TYPE'],
  [{ transport: { target: 'pino/file' } }, 'transport', 'ERR_OPTION_UNKNOWN'],
  [{ reopen: 'SIGHUP' }, 'reopen', 'ERR_OPTION_UNKNOWN'],
];

test.for(wrong)('%o is an OptionError naming %s, and nothing is created', ([options, option, code]) => {
  const box = sandbox();
  const path = box.path('app.log');
  const given = option === 'options' || option === 'path' ? options : { path, ...(options as object) };
  expect(() => fileLogger(given as FileLoggerOptions)).toThrow(OptionError);
  expect(() => fileLogger(given as FileLoggerOptions)).toThrow(
    expect.objectContaining({ option, code, message: expect.stringContaining(`'${option}'`) }),
  );
  expect(readdirSync(box.directory)).toEqual([]);
});

test("pino's own error about an option is the cause of the OptionError", () => {
  const path = sandbox().path('app.log');
  expect(() => fileLogger({ path, redact: 5 as never })).toThrow(
    expect.objectContaining({ cause: expect.objectContaining({ message: expect.stringContaining('pino') }) }),
  );
});

test.for([{ sync: true }, { sync: false }])('the file is opened by the first line, and not before, %o', ({ sync }) => {
  const box = sandbox();
  const path = box.path('app.log');
  const logger = open({ path, sync });
  logger.child({ a: 1 }).debug('filtered');
  logger.flush();
  expect(existsSync(path)).toBe(false);
  logger.child({ a: 1 }).info('x');
  expect(existsSync(path)).toBe(true);
});

test('the file is opened for those that ask for its descriptor', () => {
  const path = sandbox().path('app.log');
  const [fd] = loggerFds(open({ path }));
  expect(readlinkSync(`/proc/self/fd/${fd}`)).toBe(path);
});

test.for([{ sync: true }, { sync: false }])('each line fails until the file can be opened, and none after that, %o', ({ sync }) => {
  const box = sandbox();
  const path = box.path('missing', 'app.log');
  const logger = open({ path, sync });
  for (let line = 0; line < 2; line++)
    expect(() => logger.info('x')).toThrow(expect.objectContaining({ name: 'LogFileError', code: 'ENOENT' }));
  expect(() => loggerFds(logger)).toThrow(LogFileError);
  mkdirSync(box.path('missing'));
  logger.info('y');
  logger.flush();
  expect(records(path).map(({ msg }) => msg)).toEqual(['y']);
});

test('a logger that is disposed of before its first line opens nothing any more', () => {
  const path = sandbox().path('app.log');
  const logger = fileLogger({ path });
  logger[Symbol.dispose]();
  logger.info('x');
  expect(loggerFds(logger)).toEqual([]);
  expect(existsSync(path)).toBe(false);
});

test("a path may be relative or a URL, levels in capitals are pino's", () => {
  const box = sandbox();
  open({ path: pathToFileURL(box.path('a b.log')), level: 'WARN' }).warn('x');
  expect(records(box.path('a b.log'))).toHaveLength(1);
});

test("pino's redaction, serializers, base, formatters and child bindings work", () => {
  const path = sandbox().path('app.log');
  const logger = open({
    path,
    name: 'app',
    level: 'debug',
    base: { service: 's' },
    redact: ['password'],
    serializers: { request: (request: { url: string }) => request.url },
    formatters: { level: (label) => ({ level: label }) },
    timestamp: pino.stdTimeFunctions.isoTime,
  });
  const child = logger.child({ module: 'm' }, { level: 'trace' });
  child.trace({ password: 'secret', request: { url: '/x' } }, 'hello %s', 'wörld');
  logger.trace('filtered');
  expect(records(path)).toEqual([
    {
      level: 'trace',
      time: expect.stringMatching(/^\d{4}-/),
      service: 's',
      name: 'app',
      module: 'm',
      password: '[Redacted]',
      request: '/x',
      msg: 'hello wörld',
    },
  ]);
});

test('custom levels are methods, in the types too', () => {
  const path = sandbox().path('app.log');
  const logger = fileLogger({ path, customLevels: { shout: 90 } });
  onTestFinished(() => logger[Symbol.dispose]());
  logger.shout('x');
  expect(records(path)).toMatchObject([{ level: 90 }]);
});

test('flush(callback) calls back when all is written; dispose flushes, closes, and drops later lines', async () => {
  const path = sandbox().path('app.log');
  const logger = fileLogger({ path, sync: false });
  const [fd] = loggerFds(logger);
  logger.info('1');
  expect(records(path)).toHaveLength(0);
  expect(await new Promise((resolve) => logger.flush(resolve))).toBeUndefined();
  expect(records(path)).toHaveLength(1);
  logger.info('2');
  logger[Symbol.dispose]();
  logger.info('3');
  logger[Symbol.dispose]();
  expect(records(path)).toHaveLength(2);
  expect(loggerFds(logger)).toEqual([]);
  expect(descriptorsOf(process.pid).some((descriptor) => descriptor.fd === fd && descriptor.target === path)).toBe(false);
});

test.for(['reuse', 'reopen', 'close'])(
  'a descriptor that the program closed under the logger lets no line into another file, %s',
  async (reuse) => {
    const box = sandbox();
    writeFileSync(box.path('other'), '');
    const { code, stdout, stderr } = await box.launch('log-stolen-descriptor', { args: [box.path('app.log'), box.path('other'), reuse] });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { lines, wrong } = JSON.parse(stdout) as { lines: number; wrong: number };
    expect(wrong).toBe(0);
    const there = records(box.path('app.log')).flatMap(({ n }) => n ?? []);
    expect(there.at(-1)).toBe(lines - 1);
    const lost = records(box.path('app.log')).find((record) => record.lost !== undefined)?.lost ?? 0;
    // Only where the number named another file before the next look at it; the record says how many.
    expect(lines - there.length).toBeLessThanOrEqual(lost);
    if (reuse !== 'reuse') expect(there).toHaveLength(lines);
  },
);
