import { closeSync, writeSync } from 'node:fs';
import { hasProc, processArguments } from '@daemonium/core/start';
import { core } from '../internal/core.ts';
import { LONGEST_TIMER } from '../internal/longest-timer.ts';
import type { Plan } from '../options/plan.ts';
import type { RespawnPlan } from '../options/respawn.ts';
import type { StartPayload } from '../protocol/start-payload.ts';
import { DeferredSignals } from '../service/deferred-signals.ts';
import { endProcess } from '../service/exit.ts';
import { ServiceLog } from '../service/log.ts';
import { type Termination, TRY_AGAIN } from '../service/termination.ts';

/** The shell passes these signals on. */
const PASSED_ON = ['SIGHUP', 'SIGUSR1', 'SIGUSR2'] as const;
/** Tells the shell that this process has listeners for them. The shell has a trap for it from its beginning. */
const HEARS = 'SIGALRM';
const MEMORY_EVERY_MS = 1_000;

/** The part of a service that a run needs. */
interface Running {
  readonly log: ServiceLog;
  readonly plan: Pick<Plan, 'stopTimeout'>;
  readonly termination: Pick<Termination, 'tryAgain'>;
}

/** One run of a daemon whose shell starts it again: the first, which has a launcher, or a later one, which has to do without. */
export class SupervisedRun {
  /** The process that the pid file names. Asked at once: when it is killed, another becomes the parent. */
  readonly shell = process.ppid;
  readonly signals = new DeferredSignals();
  readonly #plan: RespawnPlan;
  readonly #name: string;
  readonly #healthy: number;
  #log: ServiceLog | null = null;
  #timer: NodeJS.Timeout | undefined;

  /** @param isFirst its launcher waits for it */
  constructor({ supervised, options }: StartPayload<Plan>, isFirst: boolean) {
    const { healthy, spare, unread } = supervised as NonNullable<typeof supervised>;
    this.#plan = options.respawn as RespawnPlan;
    this.#name = options.name;
    this.#healthy = healthy;
    for (const fd of spare) closeSync(fd);
    if (isFirst && unread !== null) closeSync(unread);
    this.signals.defer(PASSED_ON);
    this.#tellShell();
    if (isFirst) return;
    process.on('uncaughtExceptionMonitor', this.#uncaught);
    const { startTimeout } = options;
    if (startTimeout > 0) this.#timer = setTimeout(() => this.#expire(startTimeout), Math.min(startTimeout, LONGEST_TIMER)).unref();
  }

  /** The script has come to its own start. */
  noteBegin(log: ServiceLog): void {
    this.#log = log;
  }

  /** The daemon has sent READY. */
  noteReady(service: Running): void {
    clearTimeout(this.#timer);
    process.off('uncaughtExceptionMonitor', this.#uncaught);
    const { healthyAfter, memory } = this.#plan;
    setTimeout(() => this.#noteHealth(), healthyAfter).unref();
    if (memory !== null) watchMemory(memory, service);
  }

  /** A successor has a shell of its own. This process's has nothing to start any more, and would only keep the lock. */
  endShell(): void {
    try {
      const handle = core().openProcess(this.shell);
      // Looked at now: it is held, and its number can be no other process's.
      if (process.ppid === this.shell && this.#isShell) handle.signal('SIGKILL');
      handle.close();
    } catch {
      // The shell is gone, or root's. Root's shell looks at the pid file when this process ends.
    }
  }

  /** The parent may be another process, which has taken in an orphan, and a signal could kill it. */
  get #isShell(): boolean {
    return hasProc() ? processArguments(this.shell)[1]?.endsWith('/respawn.sh') === true : this.shell > 1;
  }

  #tellShell(): void {
    try {
      if (this.#isShell) process.kill(this.shell, HEARS);
    } catch {
      // The shell is gone, so it passes nothing on.
    }
  }

  /** Node.js prints the error to stderr: if that is /dev/null, it would be lost. */
  readonly #uncaught = (error: Error): void => {
    if (process.listenerCount('uncaughtException') === 0) this.#ownLog.uncaught(error);
  };

  #expire(milliseconds: number): void {
    this.#ownLog.error(`Daemon '${this.#name}' was not ready within ${milliseconds} ms of being started again`);
    void endProcess(this.#ownLog, 1);
  }

  #noteHealth(): void {
    try {
      writeSync(this.#healthy, '1');
    } catch {
      // A full disk: then the pauses only stay as long as they were.
    }
  }

  get #ownLog(): ServiceLog {
    this.#log ??= new ServiceLog(null, null, this.#name);
    return this.#log;
  }
}

/** Looks at this process's memory, and ends it in good order when that is too much. */
function watchMemory(limit: number, { log, plan, termination }: Running): void {
  const timer = setInterval(() => {
    const used = process.memoryUsage.rss();
    if (used <= limit) return;
    clearInterval(timer);
    log.error(`The process has ${used} bytes of memory, and respawn.memory is ${limit}: it ends, and is started again`);
    termination.tryAgain();
    setTimeout(() => void endProcess(log, TRY_AGAIN), plan.stopTimeout).unref();
    // To the program, too, which may have a listener of its own.
    process.kill(process.pid, 'SIGTERM');
  }, MEMORY_EVERY_MS).unref();
}
