import type { PidLockFile } from '@daemonium/core';
import type { DaemonFacts } from '../definition/facts.ts';
import type { Leadership } from '../lease/leadership.ts';
import type { Logging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import type { StartPayload } from '../protocol/start-payload.ts';
import type { ServiceSockets } from '../sockets/service-sockets.ts';
import type { OpenedStreams } from '../stages/opened-streams.ts';
import { StageRun } from '../stages/stage-run.ts';
import { DeferredSignals } from './deferred-signals.ts';
import { endProcess } from './exit.ts';
import { ServiceLog } from './log.ts';
import { Readiness, type ReadinessChannel } from './readiness.ts';
import { reopenStreams } from './reopen-streams.ts';
import { ServiceManager } from './service-manager.ts';
import { Termination, type Told } from './termination.ts';
import { Work, type WorkChannel } from './work.ts';

/** The launcher's data that the stages need. */
export type Arrived = Pick<StartPayload, 'streams' | 'strays' | 'coreLimited' | 'directory'>;

/** How an upgrade ended. */
export interface UpgradeResult {
  /** Pid of the successor. */
  readonly pid: number;
  /** Pid of the daemon whose place the successor has taken, and which is about to end. */
  readonly previous: number;
}

/** The function that requests an upgrade. */
type Upgrade = (asked: {
  readonly timeout: number | null;
  readonly env: Readonly<Record<string, string | null>>;
}) => Promise<UpgradeResult>;

/** The code that runs a program. It is loaded only for a program. */
export type ProgramRunner = typeof import('../program/run-program.ts');

/** Makes the part in the cluster of a service that is being made. */
export type TakesPart = (service: Service) => Leadership;

/** The parts of a service. */
export interface ServiceParts {
  readonly facts: DaemonFacts;
  readonly plan: Plan;
  readonly logging: Logging;
  /**
   * The objects that get the daemon's events: the daemon first. In the foreground, where the target module's class runs, also the object
   * that was asked to start.
   */
  readonly told: readonly Told[];
  /** `ready()` has been called already. */
  readonly isReadyWanted: boolean;
  /** The caller had acquired the lock before the start, so a start that fails leaves it held. */
  readonly borrowsLock?: boolean;
  readonly sockets?: ServiceSockets | null;
  /** The launcher's data; only in a daemon. */
  readonly arrival?: Arrived;
  /** Has the launcher write the pid file; only in a daemon that gives up root. */
  readonly sealed?: (() => Promise<void>) | null;
  /** Signals that come before stage 7 and wait for it; only if a shell passes signals on. */
  readonly signals?: DeferredSignals;
  /** The process that the pid file names, if that is not this one: the shell of `respawn`. */
  readonly shell?: number;
  /** Called when the daemon has sent READY. */
  readonly onReady?: () => void;
  /** Connection to the launcher; only in a monitored daemon. */
  readonly channel?: (ReadinessChannel & WorkChannel) | null;
  /** With the option `lease`. */
  readonly leadership: TakesPart | null;
}

/** A daemon in the process that is it, detached or in the foreground, from its first stage on. */
export class Service {
  readonly role: 'daemon' | 'foreground';
  readonly facts: DaemonFacts;
  readonly plan: Plan;
  readonly arrival: Arrived | null;
  readonly borrowsLock: boolean;
  readonly sockets: ServiceSockets | null;
  readonly sealed: (() => Promise<void>) | null;
  readonly stages: StageRun;
  readonly log: ServiceLog;
  readonly manager: ServiceManager | null;
  readonly signals: DeferredSignals;
  /** The pid for the pid file. */
  readonly pidOfFile: number;
  readonly onReady: () => void;
  readonly readiness: Readiness;
  readonly termination: Termination;
  readonly work: Work;
  readonly leadership: Leadership | null;
  /** start() has come to this process: run() is called, or will be. */
  isStarting = false;
  /** The code that runs a program, once it is loaded. */
  runner: ProgramRunner | null = null;
  /** Starts a successor; `null` where none can be had. */
  upgrade: Upgrade | null = null;
  /** Working directory of the launcher; in the foreground, the directory in which this process began. */
  readonly directory: string;
  /** Files that stage 1 has opened for stage 9. */
  opened: OpenedStreams | null = null;

  constructor(parts: ServiceParts) {
    const { facts, plan, logging, told, isReadyWanted, borrowsLock = false, arrival, channel = null, sealed = null, leadership } = parts;
    const { sockets = null } = parts;
    const { daemon, given, stages } = facts;
    this.role = arrival === undefined ? 'foreground' : 'daemon';
    this.facts = facts;
    this.plan = plan;
    this.arrival = arrival ?? null;
    this.borrowsLock = borrowsLock;
    this.sockets = sockets;
    this.directory = arrival?.directory ?? (sockets === null ? '/' : process.cwd());
    this.sealed = sealed;
    this.signals = parts.signals ?? new DeferredSignals();
    this.pidOfFile = parts.shell ?? process.pid;
    this.onReady = parts.onReady ?? (() => {});
    this.stages = new StageRun((stage) => stages.call(stage));
    this.log = new ServiceLog(given.logger, logging, plan.name);
    this.manager = ServiceManager.fromEnvironment();
    this.readiness = new Readiness(daemon, this, channel, isReadyWanted || !plan.waitForReady);
    this.leadership = leadership?.(this) ?? null;
    const withCode = (code: number | string) => this.#end(code);
    this.termination = new Termination(
      told,
      { log: this.log, manager: this.manager, leadership: this.leadership, end: withCode },
      plan.stopTimeout,
    );
    this.work = new Work(this, channel, { whenIdle: () => this.#endIdle(), withCode });
  }

  get lock(): PidLockFile | null {
    return this.facts.daemon.pidFile;
  }

  /** A successor has taken over: lock, pid file and sockets are its own. */
  get hasSuccessor(): boolean {
    return this.sockets?.servers.areHandedOn === true;
  }

  /** Runs the stages up to `last` that have not run yet, and says READY if it is due. @param onDone told of each stage */
  async runStages(last: number, onDone: (stage: number) => void = () => {}): Promise<void> {
    await this.stages.runTo(last, (stage) => {
      onDone(stage);
      this.log.debug({ stage }, `stage ${stage} done`);
      this.facts.daemon.emit('stage', stage);
    });
    if (this.leadership !== null && this.stages.isDone(9)) await this.leadership.begin();
    // A standby is ready as it is. The program's own readiness comes when it leads.
    if (this.leadership?.standsBy === true) await this.readiness.want();
    else await this.readiness.sayIfDue();
  }

  /** The lease goes after the log, and before the lock. */
  #end(code: number | string): Promise<never> {
    const { leadership, log } = this;
    return endProcess(log, code, leadership === null ? undefined : () => leadership.end(this.work.isOver));
  }

  /** Without a lease at once, and in the very turn in which nothing was left to do. */
  #endIdle(): void {
    const code = this.termination.code ?? process.exitCode ?? 0;
    if (this.leadership === null) process.exit(code);
    void this.#end(code);
  }

  /** SIGHUP, or `reload()`: opens the logs again by their paths, and tells the program. */
  reload(): void {
    const reload = () => {
      if (this.opened !== null) reopenStreams(this.opened, this.plan, this.log);
      this.facts.daemon.emit('reload');
    };
    if (this.manager === null) reload();
    else this.manager.whileReloading(reload);
  }
}
