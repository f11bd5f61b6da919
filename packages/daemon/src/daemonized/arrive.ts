import { arrivedLock } from '@daemonium/core/start';
import { type DaemonState, loadCoreIfPidFile } from '../definition/daemon-state.ts';
import { core } from '../internal/core.ts';
import { processState } from '../internal/process-state.ts';
import { loadLogging } from '../options/logging.ts';
import { endProcess, seeToTheEnd } from '../service/exit.ts';
import { ServiceLog } from '../service/log.ts';
import { Service, type TakesPart } from '../service/service.ts';
import { TRY_AGAIN } from '../service/termination.ts';
import { socketsOf } from '../sockets/service-sockets.ts';
import { type Arrival, reportFailure, supervisedRun } from './arrival.ts';

/** The script has come to the start that this process exists for: from here on it is the daemon. An error ends it. */
export async function arriveAs(state: DaemonState, arrival: Arrival): Promise<Service> {
  const { facts } = state;
  try {
    const loading = loadCoreIfPidFile(facts.given);
    if (loading !== null) await loading;
    takeLockPath(state);
    const { channel } = processState();
    // With its first stream libuv opens /dev/null, or the root directory where there is none: in a jail that would be the jail's.
    if (arrival.options.rootDirectory !== null) channel?.listen();
    channel?.send({ type: 'begin' });
    if (arrival.options.title !== null) process.title = arrival.options.title;
    const run = supervisedRun();
    const service: Service = new Service({
      ...(run === null ? {} : { signals: run.signals, shell: run.shell, onReady: () => run.noteReady(service) }),
      facts,
      arrival,
      channel,
      sealed: launcherSeals() && channel !== null ? () => channel.sealed() : null,
      told: [{ daemon: facts.daemon, shutdown: state.shutdown }],
      leadership: await leadershipOf(state, arrival),
      sockets: await socketsOf(arrival),
      plan: arrival.options,
      logging: await loadLogging(facts.given),
      isReadyWanted: state.isReadyWanted,
    });
    state.side = service;
    processState().service = service;
    run?.noteBegin(service.log);
    // The pid file is the launcher's to remove until the launcher has released the start. If the file names a shell, the shell removes it.
    seeToTheEnd(service, () => run === null && channel?.launcherOwnsFiles !== true);
    return service;
  } catch (error) {
    return failStart(new ServiceLog(facts.given.logger, null, arrival.options.name), error);
  }
}

async function leadershipOf(
  { facts: { given }, lock }: DaemonState,
  { options: { lease: plan, respawn }, stateFile, comesBack: isSupervised }: Arrival,
): Promise<TakesPart | null> {
  if (plan === null) return null;
  const { takePart } = await import('../lease/entry.ts');
  if (stateFile !== null) core().setCloseOnExec(stateFile);
  const comesBack = respawn === null ? isSupervised : !respawn.never.includes(TRY_AGAIN);
  return takePart({ plan, given, stateFile, pidFile: lock?.path ?? null, comesBack, handedOver: handOver() });
}

/** Resolves when this process takes its predecessor's place; `null`: it has none. A later run of a shell starts without one. */
function handOver(): Promise<void> | null {
  const { channel } = processState();
  if (channel === null || arrivedLock()?.late !== true) return null;
  return new Promise((resolve) => channel.onEnd(() => void (channel.isLost || resolve())));
}

/** Runs stages in the daemon: each is reported to the launcher, and an error ends the process. */
export async function runStagesAsDaemon(service: Service, last: number): Promise<void> {
  try {
    await service.runStages(last, (stage) => processState().channel?.send({ type: 'stage', stage }));
  } catch (error) {
    await failStart(service.log, error);
  }
}

/** Whether the pid is the launcher's to write: this daemon gives up root. */
function launcherSeals(): boolean {
  const handed = arrivedLock();
  // A predecessor does so at the end of the start, without being asked.
  return handed?.writer === 'launcher' && handed.late !== true;
}

/** The launcher's path, because relative ones were resolved there; a lock object is the script's. */
function takeLockPath({ lock, facts }: DaemonState): void {
  const handed = arrivedLock();
  if (handed !== null && lock?.path !== handed.path) facts.daemon.pidFile = new (core().PidLockFile)(handed.path);
}

/** Tells the launcher, lets stderr and log get out what they hold, and ends. */
export async function failStart(log: ServiceLog, error: unknown): Promise<never> {
  try {
    reportFailure(error);
    // With a launcher that listens the error is in good hands; a logger still wants to have it.
    if (processState().channel === null || log.hasLogger) log.fatal(error, 'the start failed');
  } finally {
    await endProcess(log, 1);
  }
  throw error;
}
