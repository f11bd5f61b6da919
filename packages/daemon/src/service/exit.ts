import type { PidLockFile } from '@daemonium/core';
import type { DaemonObject } from '../definition/facts.ts';
import { outputDrained, outputIsPending } from '../internal/output-drained.ts';
import type { Plan } from '../options/plan.ts';
import { removeSocketFile } from '../sockets/handed-socket.ts';
import { allSockets, type ServiceSockets } from '../sockets/service-sockets.ts';
import type { ServiceLog } from './log.ts';

/** The objects that the end of a process takes care of. */
interface Ending {
  readonly facts: { readonly daemon: DaemonObject };
  readonly plan: Pick<Plan, 'entry'>;
  readonly lock: PidLockFile | null;
  readonly sockets: ServiceSockets | null;
  readonly hasSuccessor: boolean;
  readonly log: ServiceLog;
  readonly work: { readonly underWay: string | null };
  readonly termination: { readonly code: number | null };
}

/**
 * Last of all, however the process ends: the lock is free, and the log is on disk.
 * @param ownsFile whether the pid file, and those of the sockets, are this process's to remove
 */
export function seeToTheEnd(service: Ending, ownsFile: () => boolean): void {
  const { log } = service;
  process.on('exit', (code) => {
    // The supervisor is to start this process again, whatever code the program ends with.
    if (service.termination.code !== null) process.exitCode = service.termination.code;
    try {
      tellCutOff(service, code);
      service.facts.daemon.emit('exit', service.termination.code ?? code);
    } finally {
      if (ownsFile() && !service.hasSuccessor) {
        // While the lock is held: the next daemon has sockets of the same names.
        for (const socket of allSockets(service.sockets)) removeSocketFile(socket);
        release(service.lock, log);
      }
      log.flush();
    }
  });
}

/**
 * Warns of a process.exit() during the work. If the script runs again as the daemon, code meant for the launcher runs there too: a time
 * limit around start(), which never settles there, or a watchdog. A program may end itself once its main module is done, so that is not
 * reported.
 */
function tellCutOff({ log, plan, work }: Ending, code: number): void {
  const { underWay } = work;
  const isScript = plan.entry.kind === 'script';
  if (underWay === null || (underWay !== 'run()' && !isScript)) return;
  const caller = exitCaller();
  if (caller !== null) log.cutOff({ code, caller, underWay, isScript });
}

/** The line of the stack that called process.exit(); `null` without such a call. Call this in an `exit` listener. */
function exitCaller(): string | null {
  return /\n\s+at process\.(?:exit|reallyExit) [^\n]*\n\s+(at [^\n]+)/.exec(new Error().stack ?? '')?.[1] ?? null;
}

/** The kernel frees the lock in any case, so an error about its file does not change how the process ends. */
function release(lock: PidLockFile | null, log: ServiceLog): void {
  try {
    lock?.[Symbol.dispose]();
  } catch (error) {
    log.error(String(error));
  }
}

/** How long a reader of our output may take before it loses the rest, in ms. */
const READING_MS = 1_000;

/**
 * Ends the process with `code`, once the log is on disk, and the readers of the pipes have taken the output, or are gone.
 * @param last called after that
 */
export async function endProcess(log: ServiceLog, code: number | string, last?: () => Promise<void>): Promise<never> {
  try {
    log.flush();
    if (outputIsPending()) await Promise.race([outputDrained(), new Promise((resolve) => setTimeout(resolve, READING_MS))]);
    await last?.();
  } finally {
    process.exit(code);
  }
}
