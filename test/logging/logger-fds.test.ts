import { closeSync, createWriteStream, openSync } from 'node:fs';
import { OptionError } from '@daemonium/core';
import { fileLogger } from '@daemonium/logging';
import { flushLogger, isLogger, loggerFds, loggerFiles, loggerPaths } from '@daemonium/logging/logger-fds';
import pino from 'pino';
import pretty from 'pino-pretty';
import { expect, onTestFinished, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { records } from './records.ts';

function destination(path: string): ReturnType<typeof pino.destination> {
  const stream = pino.destination({ dest: path, sync: true });
  onTestFinished(() => stream.destroy());
  return stream;
}

test('a destination, its children, and their children', () => {
  const stream = destination(sandbox().path('app.log'));
  const logger = pino(stream);
  const fd = (stream as unknown as { fd: number }).fd;
  expect(loggerFds(logger)).toEqual([fd]);
  expect(loggerFds(logger.child({ a: 1 }))).toEqual([fd]);
  expect(loggerFds(logger.child({ a: 1 }).child({ b: 2 }))).toEqual([fd]);
});

test('a descriptor given by its number, standard output, and a file stream once it is open', async () => {
  const path = sandbox().path('app.log');
  const fd = openSync(path, 'a');
  onTestFinished(() => closeSync(fd));
  expect(loggerFds(pino(pino.destination(fd)))).toEqual([fd]);
  expect(loggerFds(pino(pino.destination(1)))).toEqual([1]);
  const stream = createWriteStream(path);
  onTestFinished(() => void stream.destroy());
  expect(() => loggerFds(pino(stream))).toThrow(/open already/);
  await new Promise((resolve) => stream.once('open', resolve));
  expect(loggerFds(pino(stream))).toEqual([(stream as unknown as { fd: number }).fd]);
});

test('multistream, nested and with pino-pretty in it, each descriptor once, ascending', () => {
  const box = sandbox();
  const one = destination(box.path('1.log'));
  const two = destination(box.path('2.log'));
  const nested = pino.multistream([{ stream: one }, { level: 'error', stream: two }]);
  const prettyStream = pretty({ destination: box.path('pretty.log'), sync: true });
  const fds = loggerFds(pino({}, pino.multistream([{ stream: nested }, { stream: two }, { stream: prettyStream }, { stream: one }])));
  expect(fds).toHaveLength(3);
  expect(fds).toEqual([...fds].sort((a, b) => a - b));
  expect(fds).toEqual(expect.arrayContaining([(one as unknown as { fd: number }).fd, (two as unknown as { fd: number }).fd]));
});

test('pino-pretty as a stream, over a path and over a destination', () => {
  const box = sandbox();
  expect(loggerFds(pino(pretty({ destination: box.path('pretty.log'), sync: true })))).toHaveLength(1);
  const stream = destination(box.path('app.log'));
  expect(loggerFds(pino(pretty({ destination: stream as never })))).toEqual([(stream as unknown as { fd: number }).fd]);
});

test('a destination in memory has none', () => {
  expect(loggerFds(pino({}, { write: () => {} }))).toEqual([]);
});

test.for([
  { target: 'pino/file', options: { destination: '/dev/null' } },
  { targets: [{ target: 'pino/file', options: { destination: '/dev/null' } }] },
])('a worker-thread transport is an error that names the one to use instead, %o', async (transport) => {
  const stream = pino.transport(transport);
  onTestFinished(() => stream.end());
  const logger = pino(stream).child({});
  expect(() => loggerFds(logger)).toThrow(OptionError);
  expect(() => loggerFds(logger)).toThrow(/fileLogger\(\{ path \}\).*pino\.destination\(path\).*pretty/);
  expect(() => loggerFds(logger)).toThrow(expect.objectContaining({ code: 'ERR_OPTION_VALUE', option: 'logger' }));
  expect(isLogger(logger)).toBe(true);
});

test('a destination that is closed, or not open yet, is an error and not the number of another file', async () => {
  const box = sandbox();
  const closed = pino.destination({ dest: box.path('a.log'), sync: true });
  closed.destroy();
  expect(() => loggerFds(pino({}, closed))).toThrow(/not closed/);
  const opening = pino.destination({ dest: box.path('b.log'), sync: false });
  const logger = pino(opening);
  onTestFinished(() => opening.destroy());
  expect(() => loggerFds(logger)).toThrow(/'ready'/);
  await new Promise((resolve) => opening.once('ready', resolve as () => void));
  expect(loggerFds(logger)).toHaveLength(1);
});

test.for([undefined, null, 1, 'pino', {}, [], console, { fd: 1 }, pino, process.stdout])(
  'an argument that is no pino logger is an OptionError, %o',
  (value) => {
    expect(isLogger(value)).toBe(false);
    for (const call of [loggerFds, loggerFiles, loggerPaths]) {
      expect(() => call(value)).toThrow(expect.objectContaining({ name: 'OptionError', code: 'ERR_OPTION_TYPE', option: 'logger' }));
    }
    flushLogger(value);
  },
);

test('a fileLogger, through children and multistream, also tells its path', () => {
  const box = sandbox();
  const logger = fileLogger({ path: box.path('app.log') });
  onTestFinished(() => logger[Symbol.dispose]());
  const [fd] = loggerFds(logger);
  expect(loggerFiles(logger.child({}))).toEqual([{ path: box.path('app.log'), fd }]);
  expect(loggerFiles(pino(destination(box.path('other.log'))))).toEqual([]);
});

test('flushLogger writes out a buffered fileLogger and a buffered pino destination', async () => {
  const box = sandbox();
  const buffered = pino.destination({ dest: box.path('pino.log'), sync: false, minLength: 4096 });
  onTestFinished(() => buffered.destroy());
  await new Promise((resolve) => buffered.once('ready', resolve as () => void));
  const ours = fileLogger({ path: box.path('ours.log'), sync: false });
  onTestFinished(() => ours[Symbol.dispose]());
  for (const logger of [pino(buffered), ours]) {
    logger.child({}).info('x');
    flushLogger(logger.child({}));
  }
  expect([records(box.path('pino.log')).length, records(box.path('ours.log')).length]).toEqual([1, 1]);
});

test('importing either entry does not import pino or koffi', async () => {
  const box = sandbox();
  for (const entry of ['@daemonium/logging', '@daemonium/logging/logger-fds']) {
    const program = `
      import { createRequire } from 'node:module';
      await import(${JSON.stringify(import.meta.resolve(entry))});
      const { _cache } = createRequire(import.meta.url)('node:module');
      console.log(Object.keys(_cache).filter((path) => /pino|koffi/.test(path)).length);`;
    const { stdout } = await box.launch('', { execArgv: ['--input-type=module', '-e', program] });
    expect(stdout).toBe('0\n');
  }
});
