import { closeSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import { OptionError } from '@daemonium/core/start';
import type { DaemonState } from '../definition/daemon-state.ts';
import type { DaemonFacts } from '../definition/facts.ts';
import { core } from '../internal/core.ts';
import { refuseForeignState } from '../internal/state-file.ts';
import { losesRights } from '../options/identity.ts';
import { loadLogging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import { seeToTheEnd } from '../service/exit.ts';
import { Service, type TakesPart } from '../service/service.ts';
import { isStillOpen, removeSocketFile } from '../sockets/handed-socket.ts';
import { requestAddress, takesRequests } from '../sockets/request-address.ts';
import { allSockets, type ServiceSockets, socketsOf } from '../sockets/service-sockets.ts';
import { stage6PidFile } from '../stages/stage6-pid-file.ts';
import { substituteFor } from './substitute.ts';

/**
 * This process is the daemon from here on, and has the lock. A target module is loaded before the stages, because a new root or a new user may
 * not get at it.
 * @param isSupervised something starts this process again when it has failed
 * @throws {OptionError} flags of Node.js that this process has not been started with
 * @throws {AlreadyLockedError} another process holds the pid file
 * @throws {DaemonError} `EADDRINUSE`, `EACCES`, ...: it cannot listen
 * @throws {DaemonError} `ERR_MODULE_TARGET`
 */
export async function startHere(state: DaemonState, resolved: Plan, isSupervised: boolean): Promise<Service> {
  // In the foreground a supervisor does that, so `respawn` does not stand in the way.
  const plan: Plan = Object.freeze({ ...resolved, respawn: null });
  refuseFlags(plan);
  const { lock } = state;
  const borrowsLock = lock?.isLocked() ?? false;
  if (lock !== null && !borrowsLock) await lock.acquire();
  const giveBack = () => giveUp(sockets, lock, borrowsLock);
  let sockets: ServiceSockets | null = null;
  process.on('exit', giveBack);
  try {
    if (plan.title !== null) process.title = plan.title;
    changeEnvironment(plan.env);
    sockets = await listenHere(plan, lock);
    const { facts, state: own } = await substituteFor(state, plan.entry);
    const service = new Service({
      sockets,
      facts,
      plan,
      borrowsLock,
      logging: await loadLogging(facts.given),
      isReadyWanted: state.isReadyWanted || own.isReadyWanted,
      leadership: await leadershipOf(plan, facts, lock, isSupervised),
      told: [...new Set([own, state])].map(({ facts: { daemon }, shutdown }) => ({ daemon, shutdown })),
    });
    own.side = service;
    state.side = service;
    seeToTheEnd(service, () => true);
    // Now, while this process is still root: later it must not be able to change the pid in the file.
    if (losesRights(plan.identity)) await stage6PidFile(service.lock, service.signals, null, service.pidOfFile);
    return service;
  } catch (error) {
    giveBack();
    throw error;
  } finally {
    process.off('exit', giveBack);
  }
}

/** As the launcher does for a daemon. */
function changeEnvironment(changes: Plan['env']): void {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete process.env[name];
    else process.env[name] = value;
  }
}

function refuseFlags({ entry }: Plan): void {
  if (entry.kind !== 'program' || entry.execArgv.every((word) => process.execArgv.includes(word))) return;
  const expected = `none in the foreground, where the process runs already: start it with node ${entry.execArgv.join(' ')} ...`;
  throw new OptionError('target.execArgv', expected, entry.execArgv, 'ERR_OPTION_VALUE');
}

async function leadershipOf(
  { lease: plan }: Plan,
  { given }: DaemonFacts,
  lock: PidLockFile | null,
  comesBack: boolean,
): Promise<TakesPart | null> {
  if (plan === null) return null;
  const { takePart } = await import('../lease/entry.ts');
  const pidFile = lock?.path ?? null;
  if (pidFile !== null) refuseForeignState(pidFile);
  const stateFile = pidFile === null ? null : core().makeStateFile(pidFile, core().leaseLineOf(pidFile));
  try {
    return await takePart({ plan, given, stateFile, pidFile, comesBack, handedOver: null });
  } catch (error) {
    if (stateFile !== null) closeSync(stateFile);
    if (pidFile !== null) core().giveBackLeaseState(pidFile);
    throw error;
  }
}

/** Runs stages in the foreground: an error is the caller's, and the lock is as it was. */
export async function runStagesHere(service: Service, last: number): Promise<void> {
  try {
    await service.runStages(last);
  } catch (error) {
    await service.leadership?.end(true);
    giveUp(service.sockets, service.lock, service.borrowsLock);
    service.isStarting = false;
    throw error;
  }
}

/** Opens the sockets that a launcher would open. If a service manager has passed sockets, these are used. @throws {DaemonError} */
async function listenHere(plan: Plan, lock: PidLockFile | null): Promise<ServiceSockets | null> {
  const asks = lock !== null && takesRequests(plan);
  if (!asks && (plan.listen ?? []).length === 0) return null;
  const { openSockets, passedSockets } = await import('../sockets/entry.ts');
  const passed = await passedSockets(plan.listen ?? []);
  const sockets = passed.length > 0 ? passed : await openSockets(plan.listen ?? []);
  const [requests = null] = asks ? await openSockets([requestAddress(lock.path)]).catch(() => []) : [];
  return socketsOf({ sockets, requests });
}

function giveUp(sockets: ServiceSockets | null, lock: PidLockFile | null, isBorrowed: boolean): void {
  for (const socket of allSockets(sockets)) {
    removeSocketFile(socket);
    if (isStillOpen(socket)) closeSync(socket.fd);
  }
  // A lock that was the caller's before stays the caller's, as in a launcher.
  if (!isBorrowed) lock?.[Symbol.dispose]();
}
