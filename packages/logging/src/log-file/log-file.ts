import { Backlog } from './backlog.ts';
import { CurrentFile, type Unwritten } from './current-file.ts';
import { LOG_FILE } from './log-file-symbol.ts';
import type { LogFileOptions } from './open.ts';
import { BUFFER_CHARACTERS, CHECK_MS, RETRY_MS } from './timing.ts';
import { REMOVED, type Trouble } from './trouble.ts';

/**
 * The destination under a `fileLogger`. All writes are synchronous system calls, a buffered file's too, so that none is on its way in another
 * thread while the process ends or the file is exchanged.
 */
export class LogFile {
  readonly [LOG_FILE] = true;
  readonly path: string;
  onTrouble: (trouble: Trouble) => void = () => {};
  readonly #file: CurrentFile;
  #direct: boolean;
  #buffer = '';
  #scheduled = false;
  #backlog: Backlog | null = null;
  #lastTry = 0;
  /** `new`: nothing was logged yet, and no code has asked for the descriptor. */
  #state: 'new' | 'open' | 'closed';
  /** Reopening failed: the file that is open is not the one at `path`. */
  #misplaced = false;
  #checkArmed = false;
  #linesSinceCheck = 0;

  constructor({ path, sync, ...options }: LogFileOptions) {
    this.path = path;
    this.#file = new CurrentFile(path, options);
    this.#direct = sync;
    this.#state = this.#file.adopt() ? 'open' : 'new';
  }

  /**
   * Opens the file, unless it was opened before or is closed for good.
   * @throws {LogFileError}
   */
  open(): void {
    if (this.#state !== 'new') return;
    this.#file.open();
    this.#state = 'open';
  }

  /** -1 while there is none. */
  get fd(): number {
    return this.#file.fd;
  }

  /** Lines that are in no file: waiting for one, or given up. */
  get unwritten(): { readonly lines: number; readonly error: unknown } | null {
    return this.#backlog === null ? null : { lines: this.#backlog.lines + this.#backlog.lost, error: this.#backlog.error };
  }

  /** @throws {LogFileError} when it is the first line, and the file cannot be opened */
  write(line: string): boolean {
    if (this.#state === 'new') this.open();
    if (this.#state === 'closed') return false;
    this.#linesSinceCheck++;
    if (!this.#checkArmed) this.#armCheck();
    if (this.#direct) return this.#put(line);
    this.#buffer += line;
    if (this.#buffer.length >= BUFFER_CHARACTERS) return this.#putBuffer();
    if (!this.#scheduled) {
      this.#scheduled = true;
      setImmediate(() => {
        this.#scheduled = false;
        this.#putBuffer();
      });
    }
    return true;
  }

  /** Brings everything logged so far into the file, as far as that is possible. */
  flushSync(): void {
    if (this.#state !== 'open') return;
    this.#putBuffer();
    if (this.#backlog !== null) this.#retry(this.#backlog);
  }

  /** Serves `logger.flush(callback)`. */
  flush(callback?: (error?: Error) => void): void {
    this.flushSync();
    if (callback !== undefined) process.nextTick(callback, this.#backlog?.error as Error | undefined);
  }

  /** The loop will not turn again: from now on every line is written at once. */
  flushForExit(): void {
    this.#direct = true;
    this.flushSync();
  }

  /** Goes on in the file that is at `path` by now. Earlier lines are in the old file. */
  reopen(): void {
    if (this.#state !== 'open') return;
    if (this.#file.condition() === 'ours') this.flushSync();
    this.#exchange();
  }

  /** Flushes and closes. Later lines are dropped. */
  end(): void {
    this.flushForExit();
    if (this.#state === 'open') this.#file.close();
    this.#state = 'closed';
  }

  #put(text: string): boolean {
    if (this.#backlog === null) {
      const unwritten = this.#file.write(text);
      return unwritten === null ? true : this.#stall(unwritten);
    }
    this.#backlog.add(text);
    // Tried here as well: if the program never lets the event loop turn, no timer fires.
    return performance.now() - this.#lastTry >= RETRY_MS && this.#retry(this.#backlog);
  }

  #putBuffer(): boolean {
    if (this.#buffer === '') return true;
    const text = this.#buffer;
    this.#buffer = '';
    return this.#put(text);
  }

  #stall(unwritten: Unwritten, lost = 0): boolean {
    this.#backlog = new Backlog(unwritten, lost);
    this.#lastTry = performance.now();
    // A closed number need not wait for anything: the file can be opened again at once.
    if (this.#file.condition() === 'foreign' && this.#retry(this.#backlog)) return true;
    const { error } = unwritten;
    const reason = error instanceof Error ? error.message : String(error);
    process.emitWarning(`Cannot write log file '${this.path}': ${reason}`, { code: 'DAEMONIUM_LOG_FILE' });
    this.#armRetry();
    return false;
  }

  #armRetry(): void {
    setTimeout(() => {
      if (this.#state === 'closed' || this.#backlog === null || this.#retry(this.#backlog)) return;
      this.#armRetry();
    }, RETRY_MS).unref();
  }

  #retry(backlog: Backlog): boolean {
    this.#lastTry = performance.now();
    try {
      if (this.#file.condition() !== 'ours') this.#enterNewFile();
    } catch (error) {
      backlog.error = error;
      return false;
    }
    const unwritten = this.#file.writeBytes(backlog.content);
    if (unwritten !== null) {
      backlog.keep(unwritten);
      return false;
    }
    this.#backlog = null;
    const lost = backlog.lost + this.#file.takeMerged();
    if (lost > 0) this.#report({ kind: 'lost', lines: lost, error: backlog.error });
    return true;
  }

  #enterNewFile(): void {
    this.#file.exchange();
    this.#misplaced = false;
    this.#linesSinceCheck = 0;
  }

  #exchange(): void {
    const gone = this.#file.condition() === 'ours' ? 0 : this.#linesSinceCheck;
    try {
      this.#enterNewFile();
    } catch (error) {
      this.#notReopened(error, gone);
      return;
    }
    if (this.#backlog !== null) this.#retry(this.#backlog);
    else if (gone > 0) this.#report({ kind: 'lost', lines: gone, error: REMOVED });
  }

  /** The record goes ahead of lines that were logged after the gap and wait for the end of the turn. */
  #report(trouble: Trouble): void {
    const later = this.#buffer;
    this.#buffer = '';
    this.onTrouble(trouble);
    this.#buffer += later;
  }

  #notReopened(error: unknown, gone: number): void {
    if (this.#backlog !== null) this.#backlog.error = error;
    else if (this.#file.condition() !== 'ours') this.#stall({ rest: Buffer.alloc(0), error }, gone);
    else if (!this.#misplaced) {
      this.#misplaced = true;
      this.#report({ kind: 'not-reopened', error });
    }
  }

  /** A timer only while lines are written: an idle daemon is not woken up. */
  #armCheck(): void {
    this.#checkArmed = true;
    setTimeout(() => {
      this.#checkArmed = false;
      if (this.#state === 'open' && this.#backlog === null && (this.#misplaced || this.#file.condition() !== 'ours')) this.#exchange();
      this.#linesSinceCheck = 0;
    }, CHECK_MS).unref();
  }
}
