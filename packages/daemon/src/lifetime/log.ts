import { writeSync } from 'node:fs';
import type { LoggerLike } from '@daemonium/logging/logger-fds';
import type { Context } from '../context.ts';

/** The `logger` option as what is used of it. */
export function loggerOf({ given }: Context): LoggerLike | null {
  return (given.logger ?? null) as LoggerLike | null;
}

/** An error that nobody else will hear of: to the logger, else to stderr. On disk when this returns. */
export function logFatal(context: Context, error: unknown, message: string): void {
  const logger = loggerOf(context);
  if (logger === null) {
    writeLine(`${message}: ${error instanceof Error ? (error.stack ?? String(error)) : String(error)}`);
    return;
  }
  logger.fatal({ err: error }, message);
  context.logging?.flushLogger(logger);
}

/** A fault that the daemon's end is about to hide. */
export function logError(context: Context, message: string): void {
  const logger = loggerOf(context);
  if (logger === null) writeLine(message);
  else logger.error(message);
}

/** A remark on the daemon's life. */
export function logInfo(context: Context, message: string): void {
  const logger = loggerOf(context);
  if (logger === null) writeLine(message);
  else logger.info(message);
}

export function flushLog(context: Context): void {
  const logger = loggerOf(context);
  if (logger !== null) context.logging?.flushLogger(logger);
}

function writeLine(text: string): void {
  try {
    writeSync(2, `${text}\n`);
  } catch {
    // A full disk, a closed pipe: there is no other place.
  }
}
