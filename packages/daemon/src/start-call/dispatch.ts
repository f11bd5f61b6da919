import { OptionError } from '@daemonium/core/start';
import { type Arrival, isDaemonProcess } from '../daemonized/arrival.ts';
import { arriveAs, runStagesAsDaemon } from '../daemonized/arrive.ts';
import { type DaemonState, loadCoreIfPidFile } from '../definition/daemon-state.ts';
import type { DaemonFacts } from '../definition/facts.ts';
import { DaemonError } from '../errors.ts';
import { never } from '../internal/never.ts';
import { processState } from '../internal/process-state.ts';
import type { Leadership } from '../lease/leadership.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { type Logging, loadLogging } from '../options/logging.ts';
import type { Plan } from '../options/plan.ts';
import type { Program } from '../program/run-program.ts';
import { isStartedHere } from '../remote/started-here.ts';
import type { ProgramRunner, Service } from '../service/service.ts';
import { type CountedCall, recorded } from './call-journal.ts';
import { alreadyStarted, decide } from './decide.ts';
import { type RecordedStart, replayed, settleAsInLauncher } from './replay.ts';

type Launcher = typeof import('../launcher/entry.ts');

export interface StartRequest {
  readonly method: 'start' | 'restart';
  readonly signal?: AbortSignal | undefined;
  /** Called once the options are checked, and before the lock is taken. */
  readonly before?: (() => Promise<unknown>) | undefined;
  /** Takes the place of the constructor's options. */
  readonly given?: GivenOptions;
  /** Goes on listening after the start: see {@link StartedDaemon.earlyEnd}. */
  readonly lingers?: boolean;
}

/** `start()` and `restart()`: they settle in the launcher only. */
export async function start(state: DaemonState, request: StartRequest): Promise<void> {
  const decision = decide(state, request.method);
  switch (decision.kind) {
    case 'launch':
      return recorded(decision.call, startFromHere(state, decision.call, request), () => recordOf(state));
    case 'arrive':
      return startWithScript(state, decision.arrival);
    case 'continue':
      return work(decision.service);
    case 'replay':
      return settleAsInLauncher(state, decision.outcome);
    case 'never':
      return never();
  }
}

/** `activate()` and a stage called by itself: they return in the daemon and in the foreground; the launcher ends in here. */
export async function activate(state: DaemonState, method: string, last: number): Promise<void> {
  if (method !== 'activate' && state.side.role !== 'launcher') state.side.stages.refuseTwice(last);
  const decision = decide(state, method);
  switch (decision.kind) {
    case 'launch':
      return recorded(decision.call, activateFromHere(state, decision.call, last), () => null);
    case 'arrive': {
      const service = await arriveAs(state, decision.arrival);
      return activateService(service, last);
    }
    case 'continue':
      return activateService(decision.service, last);
    case 'replay':
      return void replayed(decision.outcome);
    case 'never':
      return never();
  }
}

/** The start that this process exists for, without a script that calls it: that of a module or program target. */
export function startWithEntry(state: DaemonState, arrived: Arrival): void {
  void startWithScript(state, arrived);
}

async function startWithScript(state: DaemonState, arrived: Arrival): Promise<never> {
  return work(await arriveAs(state, arrived));
}

/** Starts in this process: the options decide whether it launches a daemon, or becomes it in the foreground. */
async function startFromHere(
  state: DaemonState,
  call: CountedCall,
  { method, signal, before, given, lingers = false }: StartRequest,
): Promise<void> {
  const service = await exclusively(state, { method, given }, async (launcher, plan, logging) => {
    refuseForStart(state.facts, plan);
    await before?.();
    if (staysHere(plan, launcher)) return (await foreground()).startHere(state, plan, launcher.isSupervised());
    await launcher.launch(state, { plan, logging, call, lingers }, signal);
    return null;
  });
  if (service !== null) await work(service, call);
}

async function activateFromHere(state: DaemonState, call: CountedCall, last: number): Promise<void> {
  const service = await exclusively(state, call, async (launcher, plan, logging) =>
    staysHere(plan, launcher)
      ? (await foreground()).startHere(state, plan, launcher.isSupervised())
      : launcher.launchAndExit(state, plan, logging, call),
  );
  await activateService(service, last, call);
}

/** The code of a start in the foreground, which a start that detaches does not load. */
function foreground(): Promise<typeof import('../foreground/start-here.ts')> {
  return import('../foreground/start-here.ts');
}

/** Whether there is nothing to detach from. */
function staysHere({ detach }: Plan, { isSupervised }: Launcher): boolean {
  return detach === 'auto' ? !isDaemonProcess && isSupervised() : !detach;
}

/** Runs all stages, and then `run()`. The script's code after the start does not run. */
async function work(service: Service, call: CountedCall | null = null): Promise<never> {
  service.isStarting = true;
  await runStages(service, 9);
  awaitRequests(service, call);
  await beginWork(service);
  return never();
}

async function activateService(service: Service, last: number, call: CountedCall | null = null): Promise<void> {
  await runStages(service, last);
  if (!service.stages.isDone(9)) return;
  awaitRequests(service, call);
  if (service.leadership !== null) await untilLeading(service, service.leadership);
  processState().atWork = true;
  if (service.role !== 'foreground' || service.plan.entry.kind === 'script') {
    if (service.leadership !== null) service.work.goesOn();
    return;
  }
  // A target module does all the work, detached or not; the script has nothing to add.
  await beginWork(service);
  return never();
}

/** Serves requests for a successor once the start has worked. The code is loaded now: later, the files may belong to another version. */
function awaitRequests(service: Service, call: CountedCall | null): void {
  if (service.sockets === null || service.sockets.requests === null) return;
  const { channel } = processState();
  const serve = () => {
    if (channel?.isLost === true) return;
    import('../succession/entry.ts')
      .then(({ serveRequests }) => serveRequests(service, call))
      .catch((error) => service.log.error(`upgrade() cannot be asked for: ${error}`));
  };
  if (service.role === 'foreground' || channel === null) serve();
  else channel.onEnd(serve);
}

async function runStages(service: Service, last: number): Promise<void> {
  // Before the stages: a new root or a new user may not be able to read the file.
  if (service.plan.entry.kind === 'program') service.runner ??= await import('../program/run-program.ts');
  // The code that starts a successor, for the same reason.
  if (service.plan.identity !== null && service.sockets?.requests) {
    await import('../succession/entry.ts');
    if (service.plan.respawn !== null) await (await import('../launcher/entry.ts')).preloadRespawn();
  }
  if (service.role === 'daemon') await runStagesAsDaemon(service, last);
  else await (await foreground()).runStagesHere(service, last);
}

async function beginWork(service: Service): Promise<void> {
  const { facts, plan, leadership } = service;
  if (leadership !== null) await untilLeading(service, leadership);
  processState().atWork = true;
  if (plan.entry.kind === 'program') void beginProgram(service, service.runner as ProgramRunner, plan.entry);
  else void service.work.begin(() => facts.daemon.run(...plan.args));
}

/** Waits until this process leads. One that is asked to end before does not come back from here. */
async function untilLeading({ work }: Service, leadership: Leadership): Promise<void> {
  if (leadership.standsBy) work.standBy();
  if (await leadership.led) return;
  // Nothing to do is done at once, and the process ends as soon as nothing is left of its start.
  await work.begin(() => {}, { keepsProcess: false });
  await never();
}

/** A program lives as it would by itself: as long as its event loop has something to do. */
async function beginProgram({ work: own, readiness }: Service, { copyOutput, runProgram }: ProgramRunner, program: Program): Promise<void> {
  const { channel } = processState();
  const stopCopying = channel === null ? () => {} : copyOutput((fd, text) => channel.send({ type: 'output', fd, text }));
  const ready = () => {
    stopCopying();
    void readiness.want();
  };
  await own.begin(() => runProgram(program, ready), { isProgram: true });
}

/** Allows one start of an object at a time. The start is recorded before anything is awaited. */
async function exclusively<T>(
  state: DaemonState,
  { method, given = state.facts.given }: { readonly method: string; readonly given?: GivenOptions | undefined },
  act: (launcher: Launcher, plan: Plan, logging: Logging) => Promise<T>,
): Promise<T> {
  const { side, facts } = state;
  if (side.role !== 'launcher') throw alreadyStarted('running, in this process');
  if (side.isStarting) throw alreadyStarted('being started');
  // restart() is about to end the one that runs.
  if (method !== 'restart' && (isStartedHere(state.process) || isStartedHere(state.supervisor)))
    throw alreadyStarted(`running, pid ${state.pid}`);
  side.isStarting = true;
  try {
    const loading = import('../launcher/entry.ts');
    // Loaded while the launcher's file is being read: every start spawns a process.
    process.getBuiltinModule('node:child_process');
    const launcher = await loading;
    const logging = await loadLogging(given);
    await loadCoreIfPidFile(given);
    return await act(launcher, await launcher.resolveOptions(given, facts, logging), logging);
  } finally {
    side.isStarting = false;
  }
}

/** Refuses options that only `activate()` accepts. */
function refuseForStart({ overridesRun, given }: DaemonFacts, { name, monitor }: Plan): void {
  if (!monitor) {
    throw new OptionError(
      'monitor',
      'true: start() waits for the daemon, and only activate() can fire and forget',
      false,
      'ERR_OPTION_VALUE',
    );
  }
  if (overridesRun || given.target !== undefined) return;
  throw new DaemonError(`There is nothing to run: give daemon '${name}' a target, or override run()`, { code: 'ERR_NOTHING_TO_RUN' });
}

function recordOf({ side, process }: DaemonState): RecordedStart {
  const { output = '', error = '' } = (side.role === 'launcher' && side.outcome) || {};
  return { pid: process?.pid ?? null, startTicks: process?.startTicks ?? null, output, error };
}
