import type { PidLockFile } from '@daemonium/core';
import type { DaemonFacts } from '../definition/facts.ts';
import type { Logging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import type { StartPayload } from '../protocol/start-payload.ts';
import type { ServiceSockets } from '../sockets/service-sockets.ts';
import type { OpenedStreams } from '../stages/opened-streams.ts';
import { StageRun } from '../stages/stage-run.ts';
import { DeferredSignals } from './deferred-signals.ts';
import { ServiceLog } from './log.ts';
import { Readiness, type ReadinessChannel } from './readiness.ts';
import { reopenStreams } from './reopen-streams.ts';
import { ServiceManager } from './service-manager.ts';
import { Termination, type Told } from './termination.ts';
import { Work, type WorkChannel } from './work.ts';

/** What came from the launcher, as far as the stages need it. */
export type Arrived = Pick<StartPayload, 'streams' | 'strays' | 'coreLimited' | 'directory'>;

/** How an upgrade ended. */
export interface UpgradeResult {
  /** The successor. */
  readonly pid: number;
  /** The daemon whose place it has taken, which comes to its end. */
  readonly previous: number;
}

/** How an upgrade is asked for. */
type Upgrade = (asked: {
  readonly timeout: number | null;
  readonly env: Readonly<Record<string, string | null>>;
}) => Promise<UpgradeResult>;

/** What runs a program; loaded for that only. */
export type ProgramRunner = typeof import('../program/run-program.ts');

/** What a service is made of. */
export interface ServiceParts {
  readonly facts: DaemonFacts;
  readonly plan: Plan;
  readonly logging: Logging;
  /** The daemon first; in the foreground then the object that was asked to start, where the target module's class is what runs. */
  readonly told: readonly Told[];
  /** `ready()` has been called already. */
  readonly isReadyWanted: boolean;
  /** The caller had acquired the lock before the start, so a start that fails leaves it held. */
  readonly borrowsLock?: boolean;
  readonly sockets?: ServiceSockets | null;
  /** What came from the launcher; only in a daemon. */
  readonly arrival?: Arrived;
  /** Has the launcher write the pid file; only in a daemon that gives up root. */
  readonly sealed?: (() => Promise<void>) | null;
  /** To the launcher; only in a daemon that is monitored. */
  readonly channel?: (ReadinessChannel & WorkChannel) | null;
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
  readonly signals = new DeferredSignals();
  readonly readiness: Readiness;
  readonly termination: Termination;
  readonly work: Work;
  /** start() has come to this process: run() is called, or will be. */
  isStarting = false;
  /** What runs a program, once it is loaded. */
  runner: ProgramRunner | null = null;
  /** Starts a successor; `null` where none can be had. */
  upgrade: Upgrade | null = null;
  /** A successor has taken over: lock, pid file and sockets are its own. */
  hasSuccessor = false;
  /** Where the launcher was; in the foreground where this process began. */
  readonly directory: string;
  /** What stage 1 has opened for stage 9. */
  opened: OpenedStreams | null = null;

  constructor(parts: ServiceParts) {
    const {
      facts,
      plan,
      logging,
      told,
      isReadyWanted,
      borrowsLock = false,
      sockets = null,
      arrival,
      channel = null,
      sealed = null,
    } = parts;
    const { daemon, given, stages } = facts;
    this.role = arrival === undefined ? 'foreground' : 'daemon';
    this.facts = facts;
    this.plan = plan;
    this.arrival = arrival ?? null;
    this.borrowsLock = borrowsLock;
    this.sockets = sockets;
    this.directory = arrival?.directory ?? (sockets === null ? '/' : process.cwd());
    this.sealed = sealed;
    this.stages = new StageRun((stage) => stages.call(stage));
    this.log = new ServiceLog(given.logger, logging, plan.name);
    this.manager = ServiceManager.fromEnvironment();
    this.readiness = new Readiness(daemon, this, channel, isReadyWanted || !plan.waitForReady);
    this.termination = new Termination(told, this, plan.stopTimeout);
    this.work = new Work(this.log, this.termination, channel);
  }

  get lock(): PidLockFile | null {
    return this.facts.daemon.pidFile;
  }

  /** Runs the stages up to `last` that have not run yet, and says READY if it is due. @param onDone told of each stage */
  async runStages(last: number, onDone: (stage: number) => void = () => {}): Promise<void> {
    await this.stages.runTo(last, (stage) => {
      onDone(stage);
      this.log.debug({ stage }, `stage ${stage} done`);
      this.facts.daemon.emit('stage', stage);
    });
    await this.readiness.sayIfDue();
  }

  /** SIGHUP, or `reload()`: logs are opened again by their paths, and the program is told. */
  reload(): void {
    const reload = () => {
      if (this.opened !== null) reopenStreams(this.opened, this.plan, this.log);
      this.facts.daemon.emit('reload');
    };
    if (this.manager === null) reload();
    else this.manager.whileReloading(reload);
  }
}
