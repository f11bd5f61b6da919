import type { PidLockFile } from '@daemonium/core';
import { loadCore } from '../internal/core.ts';
import type { GivenOptions } from '../options/given-options.ts';
import type { Service } from '../service/service.ts';
import type { DaemonFacts } from './facts.ts';
import { ShutdownRequest } from './shutdown-request.ts';
import { type FailedStart, identityOf, type ProcessIdentity, type StartedDaemon } from './start-outcome.ts';

/**
 * Part of a process in the life of a daemon: `launcher` starts or controls the daemon; `daemon` is the detached daemon; `foreground` is the
 * daemon too, not detached.
 */
export type Role = 'launcher' | 'daemon' | 'foreground';

/** A start that is under way in the launcher. */
export interface LaunchUnderWay {
  /** The daemon's process, once it is known. */
  readonly process: ProcessIdentity | null;
  /** In the launcher, `super.stage1()` calls this. */
  detach(): void;
}

/** A daemon seen from the process that starts it, or only asks for it. */
export interface LauncherSide {
  readonly role: 'launcher';
  /** A start has been called and has not settled. */
  isStarting: boolean;
  launch: LaunchUnderWay | null;
  /** How the last start ended. */
  outcome: StartedDaemon | FailedStart | null;
}

/** The state of one daemon object: its facts, and what this process is to it. */
export class DaemonState {
  readonly facts: DaemonFacts;
  readonly shutdown = new ShutdownRequest();
  /** `ready()` has been called, maybe before there is a service. */
  isReadyWanted = false;
  side: LauncherSide | Service = { role: 'launcher', isStarting: false, launch: null, outcome: null };

  constructor(facts: DaemonFacts) {
    this.facts = facts;
  }

  get lock(): PidLockFile | null {
    return this.facts.daemon.pidFile;
  }

  /** The daemon's pid, once it is known here; with `respawn` that of its first run. */
  get pid(): number | null {
    return this.side.role === 'launcher' ? (knownProcess(this.side)?.pid ?? null) : process.pid;
  }

  /** The shell that starts the daemon again, which was started here. */
  get supervisor(): ProcessIdentity | null {
    return this.side.role === 'launcher' && this.side.outcome?.kind === 'started' ? this.side.outcome.supervisor : null;
  }

  /** The process of this daemon as far as this object knows it: the one that it started, or this very process. */
  get process(): ProcessIdentity | null {
    if (this.side.role === 'launcher') return knownProcess(this.side);
    return identityOf(process.pid);
  }
}

function knownProcess({ launch, outcome }: LauncherSide): ProcessIdentity | null {
  if (launch !== null) return launch.process;
  return outcome?.kind === 'started' ? outcome : null;
}

/** Loads core if there is a pid file, so that its lock can be used synchronously. `null`: nothing to wait for. */
export function loadCoreIfPidFile({ pidFile }: GivenOptions): Promise<unknown> | null {
  if (pidFile === undefined || pidFile === null) return null;
  const loading = loadCore();
  return loading instanceof Promise ? loading : null;
}
