import { StringDecoder } from 'node:string_decoder';
import { OptionError } from '@daemonium/core';
import { LineSplitter } from './line-splitter.ts';
import { sinksOf, streamOf } from './sinks.ts';

type Write = typeof process.stdout.write;

/** The part of a pino logger that `captureOutput` needs. */
export interface LineLogger {
  /** Gets each line of standard output. */
  info(line: string): void;
  /** Gets each line of standard error. */
  error(line: string): void;
}

/**
 * Makes every line written to `process.stdout` a record at info, and every line written to `process.stderr` one at error: output of
 * `console.log`, and of all other code of this program. Disposing of the handle undoes it; an unfinished line is logged then, or at exit.
 *
 * Not captured: output that child processes or native code write to the descriptors, and the message of Node about an uncaught error. A
 * line that the logger fails to take goes to the stream itself.
 *
 * @throws {OptionError} `ERR_OPTION_TYPE` when `logger` is no pino logger; `ERR_OPTION_VALUE` when it prints to one of the streams by way
 * of another
 */
export function captureOutput(logger: LineLogger): Disposable {
  const stream = streamOf(logger);
  if (stream === undefined) throw new OptionError('logger', 'a pino logger', logger);
  for (const level of ['info', 'error'] as const) {
    if (typeof logger[level] !== 'function')
      throw new OptionError('logger', `a logger with the level ${level}`, logger, 'ERR_OPTION_VALUE');
  }
  refuseLoop(logger, stream);
  const captured = [capture(process.stdout, (line) => logger.info(line)), capture(process.stderr, (line) => logger.error(line))];
  const flush = (): void => {
    for (const each of captured) each.flush();
  };
  // Ahead of the logger's own listener, which is the last to write.
  process.prependListener('exit', flush);
  return {
    [Symbol.dispose]: () => {
      process.off('exit', flush);
      for (const each of captured) each.restore();
    },
  };
}

/**
 * Refuses a logger that pipes into the captured stream. Output that a logger writes during its own call passes through; output that comes
 * out of a pipeline later cannot be told from the program's, and would be logged again.
 */
function refuseLoop(logger: LineLogger, stream: object): void {
  const isOutput = (sink: unknown): boolean => sink === process.stdout || sink === process.stderr;
  const indirect = sinksOf(stream).find((sink) => isOutput(sink) && !directly(stream, sink));
  if (indirect === undefined) return;
  const expected = 'a logger that does not pipe into process.stdout or process.stderr (give the descriptor instead: destination: 1)';
  throw new OptionError('logger', expected, logger, 'ERR_OPTION_VALUE');
}

function directly(stream: object, sink: object): boolean {
  if (stream === sink) return true;
  const { streams } = stream as { streams?: readonly { stream: object }[] };
  return Array.isArray(streams) && streams.some((entry: { stream: object }) => directly(entry.stream, sink));
}

/** While the logger works, whatever it writes is its own output: an error of its own for example. */
let logging = false;

function capture(stream: NodeJS.WriteStream, log: (line: string) => void): { flush(): void; restore(): void } {
  const hadOwn = Object.hasOwn(stream, 'write');
  const before = stream.write;
  const original: Write = before.bind(stream) as Write;
  const decoder = new StringDecoder('utf8');
  const lines = new LineSplitter((line) => {
    logging = true;
    try {
      log(line);
    } catch {
      original(`${line}\n`);
    } finally {
      logging = false;
    }
  });
  let active = true;
  const write = (chunk: unknown, encoding?: unknown, callback?: unknown): boolean => {
    if (!active || logging) return (original as (...args: unknown[]) => boolean)(chunk, encoding, callback);
    lines.add(typeof chunk === 'string' ? decoded(chunk, encoding) : decoder.write(bytes(chunk)));
    const done = typeof encoding === 'function' ? encoding : callback;
    if (typeof done === 'function') process.nextTick(done as () => void);
    return true;
  };
  stream.write = write as Write;
  const flush = (): void => {
    lines.add(decoder.end());
    lines.flush();
  };
  const restore = (): void => {
    if (!active) return;
    flush();
    active = false;
    // Other code has wrapped the stream meanwhile: it keeps our function, which now passes everything through.
    if (stream.write !== write) return;
    if (hadOwn) stream.write = before;
    else delete (stream as { write?: Write }).write;
  };
  return { flush, restore };
}

/** `write('6869', 'hex')` means bytes. */
function decoded(text: string, encoding: unknown): string {
  const isText = typeof encoding !== 'string' || /^(utf-?8|utf16le|ucs-?2|utf-16le)$/i.test(encoding);
  return isText ? text : Buffer.from(text, encoding as BufferEncoding).toString('utf8');
}

function bytes(chunk: unknown): Buffer {
  if (ArrayBuffer.isView(chunk)) return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  throw new TypeError(`Expected a string or bytes to write, got ${typeof chunk}`);
}
