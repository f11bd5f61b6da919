import { closeSync } from 'node:fs';
import { core, loadCore } from '../internal/core.ts';
import { LONGEST_TIMER } from '../internal/longest-timer.ts';

/** Retry interval while the manager's queue is full, in ms. */
const RETRY_MS = 10;
/** How many messages wait at most for a manager that does not read its socket. */
const WAITING_MAX = 16;

/**
 * The service manager at the other end of NOTIFY_SOCKET. Whatever happens to it, the daemon goes on.
 * @see https://man7.org/linux/man-pages/man3/sd_notify.3.html
 */
export class ServiceManager {
  readonly #socket: string;
  #fd: number | null = null;
  /** Messages that its queue has not taken yet, oldest first. */
  readonly #waiting: string[] = [];
  #retry: NodeJS.Timeout | undefined;
  #isReady = false;
  #isReloading = false;

  constructor(socket: string) {
    this.#socket = socket;
  }

  /** `null` without a manager. */
  static fromEnvironment(): ServiceManager | null {
    const socket = process.env['NOTIFY_SOCKET'] ?? '';
    return socket === '' ? null : new this(socket);
  }

  /** Connects while the socket can be reached. A failure is no error: the next message tries again. */
  async connect(): Promise<void> {
    await Promise.resolve(loadCore()).catch(() => {});
    this.#connect();
  }

  /** This process can be used. */
  ready(): void {
    this.noteReady();
    this.tell('READY=1');
  }

  /** Another process has sent READY=1 for this one. */
  noteReady(): void {
    this.#isReady = true;
    this.#keepWatchdogQuiet();
  }

  stopping(): void {
    this.tell('STOPPING=1');
  }

  /** Runs `reload` between the two messages of a reload. Before READY the manager waits for no reload. */
  whileReloading<T>(reload: () => T): T {
    if (this.#isReloading || !this.#isReady) return reload();
    this.#isReloading = true;
    // The manager compares it with the time at which it asked, so that the READY of an earlier reload is not taken for this one's.
    this.tell(`RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
    const reloaded = () => {
      this.#isReloading = false;
      this.tell('READY=1');
    };
    let result: T;
    try {
      result = reload();
    } catch (error) {
      reloaded();
      throw error;
    }
    if (result instanceof Promise) return result.finally(reloaded) as T;
    reloaded();
    return result;
  }

  tell(message: string): void {
    if (this.#waiting.length === 0 && this.#try(message)) return;
    this.#waiting.push(message);
    if (this.#waiting.length > WAITING_MAX) this.#waiting.shift();
    this.#retry ??= setInterval(() => this.#flush(), RETRY_MS).unref();
  }

  /** Sends WATCHDOG=1 while the event loop turns. The timer is unref'd: it must not keep a finished process alive. */
  #keepWatchdogQuiet(): void {
    const { WATCHDOG_USEC = '', WATCHDOG_PID = String(process.pid) } = process.env;
    if (WATCHDOG_PID !== String(process.pid) || !/^[1-9][0-9]{0,18}$/.test(WATCHDOG_USEC)) return;
    const half = Math.floor(Number(WATCHDOG_USEC) / 1000 / 2);
    // A message that the queue does not take is followed by the next.
    setInterval(() => this.#try('WATCHDOG=1'), Math.min(Math.max(half, 1), LONGEST_TIMER)).unref();
  }

  #flush(): void {
    while (this.#waiting.length > 0) {
      if (!this.#try(this.#waiting[0] as string)) return;
      this.#waiting.shift();
    }
    clearInterval(this.#retry);
    this.#retry = undefined;
  }

  /** @returns `false` when it is worth to try again: the queue is full */
  #try(message: string): boolean {
    const wasConnected = this.#fd !== null;
    const outcome = this.#send(message);
    // The manager may have begun anew since then, under the same name.
    return outcome === 'gone' && wasConnected ? this.#send(message) !== 'full' : outcome !== 'full';
  }

  #send(message: string): 'sent' | 'full' | 'gone' {
    if (this.#fd === null) this.#connect();
    if (this.#fd === null) return 'gone';
    try {
      core().sendDatagram(this.#fd, message);
      return 'sent';
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'full';
      closeSync(this.#fd);
      this.#fd = null;
      return 'gone';
    }
  }

  #connect(): void {
    if (this.#fd !== null) return;
    try {
      this.#fd = core().connectUnixDatagram(this.#socket);
    } catch {
      // The socket is missing, closed or not permitted, or koffi is missing: a daemon does not fail for lack of a listener.
    }
  }
}
