import type { DaemonObject } from '../definition/facts.ts';
import { throwUncaught } from '../internal/throw-uncaught.ts';
import type { StageRun } from '../stages/stage-run.ts';
import type { ServiceLog } from './log.ts';
import type { ServiceManager } from './service-manager.ts';

/** The launcher, as far as readiness needs it. */
export interface ReadinessChannel {
  /** An error would still be the start's. */
  readonly isListening: boolean;
  send(report: { readonly type: 'ready' }): void;
  /** Resolves when the launcher has answered to READY. Never, when it is gone: then the start is undone elsewhere. */
  answered(): Promise<void>;
}

/** The parts of a service that its readiness needs. */
interface ReadinessParts {
  readonly stages: StageRun;
  readonly log: ServiceLog;
  readonly manager: ServiceManager | null;
  /** Told once. */
  readonly onReady: () => void;
}

/** READY: said once, when stage 9 is done and, with `waitForReady`, `ready()` has been called. */
export class Readiness {
  readonly #daemon: DaemonObject;
  readonly #stages: StageRun;
  readonly #log: ServiceLog;
  readonly #manager: ServiceManager | null;
  readonly #onReady: () => void;
  readonly #channel: ReadinessChannel | null;
  #isWanted: boolean;
  #isSaid = false;

  constructor(
    daemon: DaemonObject,
    { stages, log, manager, onReady }: ReadinessParts,
    channel: ReadinessChannel | null,
    isWanted: boolean,
  ) {
    this.#daemon = daemon;
    this.#stages = stages;
    this.#log = log;
    this.#manager = manager;
    this.#onReady = onReady;
    this.#channel = channel;
    this.#isWanted = isWanted;
  }

  /** The service can be used. */
  want(): Promise<void> {
    this.#isWanted = true;
    return this.sayIfDue();
  }

  async sayIfDue(): Promise<void> {
    if (!this.#isWanted || this.#isSaid || !this.#stages.isDone(9)) return;
    this.#isSaid = true;
    this.#channel?.send({ type: 'ready' });
    await this.#channel?.answered();
    this.#log.debug({ pid: process.pid }, 'ready');
    this.#logUncaught();
    this.#onReady();
    // With a launcher, the launcher tells the manager: it knows when this process has become an orphan.
    if (this.#channel === null) this.#manager?.ready();
    else this.#manager?.noteReady();
    try {
      this.#daemon.emit('ready', process.pid);
    } catch (error) {
      throwUncaught(error);
    }
  }

  #logUncaught(): void {
    process.on('uncaughtExceptionMonitor', (error) => {
      // A program that catches these goes on; and while the launcher still listens, the error is the start's.
      if (process.listenerCount('uncaughtException') === 0 && this.#channel?.isListening !== true) this.#log.uncaught(error);
    });
  }
}
