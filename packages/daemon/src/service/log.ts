import type { LoggerLike } from '@daemonium/logging/logger-fds';
import { writeFully } from '../internal/write-fully.ts';
import type { Logging } from '../options/logging.ts';
import { encodeError } from '../protocol/error-codec.ts';
import { stderrIsNull, toSyslog } from './syslog.ts';

interface CutOff {
  readonly code: number;
  /** The line of the stack that did it. */
  readonly caller: string;
  /** The work that was cut off, as a subject for the message. */
  readonly underWay: string;
  /** The daemon runs its launcher's script. */
  readonly isScript: boolean;
}

/** Log of the daemon's own messages. They go to the `logger` option. Without it, errors go to stderr, or to syslog if stderr is /dev/null. */
export class ServiceLog {
  readonly #logger: LoggerLike | null;
  readonly #logging: Logging;
  readonly #name: string;

  /** @param name the tag of messages to syslog */
  constructor(logger: unknown, logging: Logging, name: string) {
    this.#logger = (logger ?? null) as LoggerLike | null;
    this.#logging = logging;
    this.#name = name;
  }

  get hasLogger(): boolean {
    return this.#logger !== null;
  }

  /** A remark on the daemon's life, for the logger alone. */
  debug(fields: object, message: string): void {
    this.#logger?.debug(fields, message);
  }

  /** A fault that does not end the daemon, or that its end is about to hide. */
  error(message: string): void {
    try {
      if (this.#logger === null) this.#lastWords(message);
      else this.#logger.error(message);
    } catch {
      this.#lastWords(message);
    }
  }

  /** Logs an error that is reported nowhere else. It is on disk when this returns. Never throws, whatever the error or the logger is like. */
  fatal(error: unknown, message: string): void {
    const isLogged = this.#logger !== null && this.#logging?.logFatal(this.#logger, error, message);
    if (isLogged !== true) this.#lastWords(`${message}: ${encodeError(error).stack}`);
  }

  /** The program called process.exit() while the daemon was at work. */
  cutOff({ code, caller, underWay, isScript }: CutOff): void {
    const text = `process.exit(${code}) was called while ${underWay} was at work, ${caller}`;
    if (code === 0) this.debug({ code }, text);
    else if (isScript) this.error(`${text}. If that is the launcher's code, which the daemon runs too, skip it with isDaemonProcess`);
    else this.error(text);
  }

  /** Logs an uncaught error. Node.js itself prints it to stderr and ends with 1. */
  uncaught(error: unknown): void {
    if (this.#logger !== null || stderrIsNull()) this.fatal(error, 'uncaught error');
  }

  /** Returns when all log lines are on disk. */
  flush(): void {
    if (this.#logger !== null) this.#logging?.flushLogger(this.#logger);
  }

  #lastWords(text: string): void {
    if (stderrIsNull()) toSyslog(this.#name, text);
    else writeFully(2, Buffer.from(`${text}\n`));
  }
}
