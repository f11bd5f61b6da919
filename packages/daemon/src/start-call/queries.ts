import type { PidLockFile } from '@daemonium/core';
import { STOP_TIMEOUT } from '@daemonium/core/start';
import { arrival } from '../daemonized/arrival.ts';
import { type DaemonState, loadCoreIfPidFile } from '../definition/daemon-state.ts';
import { identityOf, type ProcessIdentity } from '../definition/start-outcome.ts';
import { DaemonError, NotRunningError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { LONGEST_TIMER } from '../internal/longest-timer.ts';
import { never } from '../internal/never.ts';
import { processState } from '../internal/process-state.ts';
import { callOptions } from '../options/call-options.ts';
import { resolveEnv } from '../options/env.ts';
import { encodeError } from '../protocol/error-codec.ts';
import type { Outcome } from '../protocol/start-payload.ts';
import { waitForDaemon } from '../remote/join.ts';
import { checkSignalName, signalDaemon, tellToReload } from '../remote/signal.ts';
import { isStartedHere } from '../remote/started-here.ts';
import { type DaemonStatus, statusOf } from '../remote/status.ts';
import type { StepDownResult } from '../remote/step-down.ts';
import { type StopOptions, type StopResult, stopDaemon, stopIfRunning } from '../remote/stop.ts';
import { checkTimeout } from '../remote/timeout.ts';
import type { UpgradeOptions } from '../remote/upgrade.ts';
import type { Service, UpgradeResult } from '../service/service.ts';
import { hindranceOf, NOT_UPGRADABLE } from '../sockets/request-address.ts';
import { noteQuery, recorded } from './call-journal.ts';
import { decideStop } from './decide.ts';
import { answerOfLauncher, replayed } from './replay.ts';

export function kill(state: DaemonState, signal: NodeJS.Signals | number): boolean {
  checkSignalName(signal);
  return asked(state, 'kill', () => signalDaemon(state, signal));
}

export function reload(state: DaemonState): void {
  asked(state, 'reload', () => tellToReload(state));
}

export function status(state: DaemonState): DaemonStatus {
  return asked(state, 'status', () => statusOf(state));
}

/** The daemon's pid, once it is known here; with `respawn` that of the run of now. */
export function pidOf(state: DaemonState): number | null {
  return state.supervisor === null ? state.pid : statusOf(state).pid;
}

export function isAlive(state: DaemonState): boolean {
  return asked(state, 'isAlive', () => statusOf(state).running);
}

export async function join(state: DaemonState, options: { readonly timeout?: number | undefined }): Promise<boolean> {
  const { timeout } = callOptions('join', options, ['timeout']);
  const patience = timeout === undefined ? Number.POSITIVE_INFINITY : checkTimeout('timeout', timeout);
  const answer = launchersAnswer(state, 'join');
  // Without a value the call was still pending in the launcher when this process was started.
  if (answer !== null) return 'value' in answer ? (answer.value as boolean) : never();
  await loadCoreIfPidFile(state.facts.given);
  const value = await waitForDaemon(state, patience);
  noteQuery('join', state.facts, { value });
  return value;
}

/** Counted, as a start is: `stop(); start()` in one script is ordinary. */
export async function stop(state: DaemonState, options: StopOptions): Promise<StopResult> {
  const decision = decideStop(state);
  if (decision.kind === 'replay') return replayed(decision.outcome) as StopResult;
  if (decision.kind === 'never') return never();
  return recorded(decision.call, stopNow(state, options), (result) => result);
}

export async function stepDown(state: DaemonState, options: StopOptions): Promise<StepDownResult> {
  const { timeout } = callOptions('stepDown', options, ['timeout']);
  const patience = stopPatience(state, timeout);
  const answer = launchersAnswer(state, 'stepDown');
  if (answer !== null) return replayed(answer) as StepDownResult;
  await loadCoreIfPidFile(state.facts.given);
  const { stepDownDaemon } = await import('../remote/entry.ts');
  const value = await stepDownDaemon(state, patience);
  noteQuery('stepDown', state.facts, { value });
  return value;
}

/** Counted, as a stop is. In the daemon itself it needs no asking. */
export async function upgrade(state: DaemonState, options: UpgradeOptions): Promise<UpgradeResult> {
  const { side } = state;
  if (side.role !== 'launcher') return upgradeFromWithin(side, options);
  const decision = decideStop(state, 'upgrade');
  if (decision.kind === 'replay') return replayed(decision.outcome) as UpgradeResult;
  if (decision.kind === 'never') return never();
  return recorded(decision.call, upgradeNow(state, options), (result) => result);
}

function upgradeFromWithin(service: Service, options: UpgradeOptions): Promise<UpgradeResult> {
  if (service.upgrade === null) throw notUpgradable(service);
  return service.upgrade({ timeout: upgradePatience(options), env: {} });
}

function notUpgradable({ plan, lock }: Service): DaemonError {
  const hindrance = lock === null ? 'pidFile' : hindranceOf(plan);
  const why = hindrance === null ? 'its start is not over, or its socket for requests could not be opened' : NOT_UPGRADABLE[hindrance];
  return new DaemonError(`This daemon cannot start a successor: ${why}`, { code: 'ERR_NOT_UPGRADABLE' });
}

async function upgradeNow(state: DaemonState, options: UpgradeOptions): Promise<UpgradeResult> {
  const timeout = upgradePatience(options);
  const env = resolveEnv(state.facts.given.env);
  await loadCoreIfPidFile(state.facts.given);
  const { askForUpgrade } = await import('../remote/entry.ts');
  const result = await askForUpgrade(state, { timeout, env });
  const { side } = state;
  if (side.role === 'launcher' && side.outcome?.kind === 'started') {
    side.outcome = { ...side.outcome, ...identityOf(result.pid), supervisor: shellOf(state.lock) };
  }
  return result;
}

/** The shell that starts the daemon again; `null` without `respawn`. */
function shellOf(lock: PidLockFile | null): ProcessIdentity | null {
  const standing = lock === null ? 'missing' : core().standingOf(lock.path);
  return typeof standing === 'string' || standing.shell === null ? null : identityOf(standing.shell.pid);
}

/** `null`: as the option `startTimeout` of the daemon says. */
function upgradePatience(options: UpgradeOptions): number | null {
  const { timeout } = callOptions('upgrade', options, ['timeout']);
  if (timeout === undefined) return null;
  const checked = checkTimeout('timeout', timeout);
  return Number.isFinite(checked) ? Math.min(checked, LONGEST_TIMER) : 0;
}

/** The end of an `await using`: counted like a stop. Another daemon, which has the lock by now, is not meant. */
export async function stopStarted(state: DaemonState): Promise<void> {
  if (state.side.role !== 'launcher' || state.side.outcome?.kind !== 'started') return;
  const decision = decideStop(state);
  if (decision.kind === 'never') return never();
  if (decision.kind === 'launch') await recorded(decision.call, stopIfStartedHere(state), () => null);
}

async function stopIfStartedHere(state: DaemonState): Promise<void> {
  if (!isStartedHere(state.process) && !isStartedHere(state.supervisor)) return;
  try {
    await stopNow(state, {});
  } catch (error) {
    if (!(error instanceof NotRunningError)) throw error;
  }
}

async function stopNow(state: DaemonState, options: StopOptions): Promise<StopResult> {
  const { timeout } = callOptions('stop', options, ['timeout']);
  const patience = stopPatience(state, timeout);
  const loading = loadCoreIfPidFile(state.facts.given);
  // No turn of the event loop if it can be avoided: the call is for the process that is the daemon now.
  if (loading !== null) await loading;
  return stopDaemon(state, patience);
}

/** `restart()` calls this before it starts. */
export async function stopForRestart(state: DaemonState, { timeout }: StopOptions): Promise<void> {
  const patience = stopPatience(state, timeout);
  await loadCoreIfPidFile(state.facts.given);
  await stopIfRunning(state, patience);
}

/** The caller's time-out, else the daemon's own option. */
function stopPatience({ facts: { given } }: DaemonState, timeout: unknown): number {
  if (timeout !== undefined) return checkTimeout('timeout', timeout);
  return checkTimeout('stopTimeout', given.stopTimeout ?? STOP_TIMEOUT);
}

/**
 * Asks the question, and records the answer. A daemon runs the script again: before its own start, it replays the launcher's answer instead
 * of asking.
 */
function asked<T>(state: DaemonState, method: string, ask: () => T): T {
  const answer = launchersAnswer(state, method);
  if (answer !== null) return replayed(answer) as T;
  try {
    const value = ask();
    noteQuery(method, state.facts, { value });
    return value;
  } catch (error) {
    noteQuery(method, state.facts, { error: encodeError(error) });
    throw error;
  }
}

/** `null`: this process asks by itself. */
function launchersAnswer({ facts }: DaemonState, method: string): Outcome | null {
  if (arrival === null || arrival.options.entry.kind !== 'script' || processState().service !== null) return null;
  return answerOfLauncher(arrival, facts, method);
}
