import { Deferred } from '../internal/deferred.ts';
import type { Report } from '../protocol/messages.ts';

interface ProgressEvents {
  emit(event: 'spawned' | 'stage', number: number): unknown;
}

/** How far a start has come, by the reports of the daemon and its shell. */
export class StartProgress {
  readonly #events: ProgressEvents;
  /** The daemon's pid, once the daemon has reported it. This and the next two reject, with a reason that nobody sees, when it has ended. */
  readonly spawned = new Deferred<number>();
  /** READY. */
  readonly ready = new Deferred<void>();
  /** The first turn of `run()` is over; so it is for a daemon that has finished its work, and ended with 0. */
  readonly working = new Deferred<void>();
  pid: number | null = null;
  /** The daemon has come to its own start; before, the script runs again. */
  hasBegun = false;
  /** The last stage it finished. */
  stage = 0;
  isReady = false;
  isWorking = false;
  /** Exit code of the daemon by its own report, and its status by the shell's. */
  exitCode: number | null = null;
  shellStatus: number | null = null;

  constructor(events: ProgressEvents) {
    this.#events = events;
  }

  /** Reports that tell of no progress are left out. */
  take(report: Report): void {
    switch (report.type) {
      case 'pid':
        // The first comes before any right is given up; a daemon that is broken into later cannot name another process.
        if (this.pid !== null) return;
        this.pid = report.pid;
        this.#events.emit('spawned', report.pid);
        this.spawned.resolve(report.pid);
        return;
      case 'begin':
        this.hasBegun = true;
        return;
      case 'stage':
        this.stage = report.stage;
        this.#events.emit('stage', report.stage);
        return;
      case 'ready':
        this.isReady = true;
        this.ready.resolve();
        return;
      case 'working':
        this.isWorking = true;
        this.working.resolve();
        return;
      case 'exit':
        this.exitCode = report.code;
        return;
      case 'shell':
        this.shellStatus = report.status;
    }
  }

  /** The daemon has ended. @param hasFinished its work was done */
  end(hasFinished: boolean): void {
    const gone = new Error('gone');
    this.spawned.reject(gone);
    this.ready.reject(gone);
    if (hasFinished) this.working.resolve();
    else this.working.reject(gone);
  }
}
