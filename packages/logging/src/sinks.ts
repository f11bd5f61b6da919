import { OptionError } from '@daemonium/core';
import { LOG_FILE } from './log-file/log-file-symbol.ts';

/** A destination at the bottom of a logger, as far as it has one of the things that are asked about. */
export interface Sink {
  readonly fd?: unknown;
  readonly path?: unknown;
  readonly [LOG_FILE]?: true;
  open?(): void;
  flushSync?(): void;
}

interface StreamLike extends Sink {
  readonly streams?: unknown;
  readonly worker?: unknown;
  readonly destroyed?: unknown;
  readonly _handle?: { readonly fd?: unknown } | null;
  readonly _readableState?: { readonly pipes?: unknown };
}

/**
 * The stream that a pino logger writes to; `undefined` for anything else. pino's symbol is not registered, and a program may have several
 * copies of pino, so the symbol is found by its description. A child inherits the stream from its parent.
 */
export function streamOf(logger: unknown): object | undefined {
  for (let object = logger; typeof object === 'object' && object !== null; object = Object.getPrototypeOf(object)) {
    const symbol = Object.getOwnPropertySymbols(object).find(({ description }) => description === 'pino.stream');
    const stream: unknown = symbol === undefined ? undefined : (object as Record<symbol, unknown>)[symbol];
    if (typeof stream === 'object' && stream !== null) return stream;
  }
  return undefined;
}

/** All ends of a stream: through multistream, and through pipes (pino-pretty is a pipeline that ends in a file). */
export function sinksOf(stream: object, seen: Set<unknown> = new Set()): Sink[] {
  if (seen.has(stream)) return [];
  seen.add(stream);
  const { streams, _readableState } = stream as StreamLike;
  const next = Array.isArray(streams) ? streams.map((entry: { stream?: unknown } | null) => entry?.stream) : pipesOf(_readableState?.pipes);
  const objects = next.filter((item): item is object => typeof item === 'object' && item !== null);
  return objects.length === 0 ? [stream as Sink] : objects.flatMap((item) => sinksOf(item, seen));
}

function pipesOf(pipes: unknown): unknown[] {
  return Array.isArray(pipes) ? pipes : [pipes];
}

export function isLogFile(sink: Sink): sink is Sink & { readonly path: string; readonly fd: number } {
  return sink[LOG_FILE] === true;
}

/**
 * @returns `null` of a stream without a descriptor, one in memory for example
 * @throws {OptionError} when there is a descriptor that cannot be known, or none yet, or none any more
 */
export function descriptorOf(sink: Sink): number | null {
  const stream = sink as StreamLike;
  if (typeof stream.worker === 'object' && stream.worker !== null) {
    throw unusable(
      stream,
      'a destination in this thread (a transport opens its files in a worker thread, which does not tell which: use fileLogger({ path }), ' +
        'pino.destination(path), or pino-pretty as a stream, pino(pretty({ destination: path })))',
    );
  }
  if (isLogFile(sink)) {
    sink.open?.();
    return sink.fd >= 0 ? sink.fd : null;
  }
  if (stream.destroyed === true) throw unusable(stream, 'a destination that is not closed');
  if (typeof stream.fd === 'number' && stream.fd >= 0) return stream.fd;
  if ('fd' in stream && (stream.fd === null || stream.fd === -1)) {
    throw unusable(stream, "a destination that is open already (wait for its 'ready' or 'open' event, or open it with sync: true)");
  }
  const handle = stream._handle?.fd;
  return typeof handle === 'number' && handle >= 0 ? handle : null;
}

function unusable(stream: object, expected: string): OptionError {
  return new OptionError('logger', expected, stream, 'ERR_OPTION_VALUE');
}

/** Writes out the buffers at the ends of a stream, as far as that works synchronously. Never throws. */
export function flushStream(stream: object): void {
  for (const sink of sinksOf(stream)) {
    try {
      sink.flushSync?.();
    } catch {
      // sonic-boom throws while it is opening its file, and when it is closed.
    }
  }
}
