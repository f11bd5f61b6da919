import { OptionError } from '@daemonium/core/start';
import { type Context, lockReady, resolved } from './context.ts';
import { isStartedHere } from './control/started-here.ts';
import { reportFailure } from './daemonized/arrival.ts';
import { beginOwnStart, failOwnStart } from './daemonized/own-start.ts';
import { record, replayed, settleEarlier, type Turn, takeTurn } from './daemonized/replay.ts';
import { startState } from './daemonized/start-state.ts';
import { DaemonError } from './errors.ts';
import { type Launcher, standIn, staysInForeground } from './foreground.ts';
import { endWithProcess } from './lifetime/end.ts';
import { loggerOf } from './lifetime/log.ts';
import { sayReady } from './lifetime/ready.ts';
import { logUncaught, runToEnd } from './lifetime/run.ts';
import { loadLogging } from './options/logging.ts';
import { refuseTwice, runStages } from './stages/run-stages.ts';

/** What a daemon that runs the script again has to know of one that was started before it. */
interface Started {
  readonly pid: number | null;
  readonly startTime: number | null;
  readonly output: string;
  readonly error: string;
}

export interface StartRequest {
  readonly method: 'start' | 'restart';
  readonly signal?: AbortSignal | undefined;
  /** Done once the options are known to be right, and before the lock is taken. */
  readonly before?: (() => Promise<unknown>) | undefined;
}

/** `start()` and `restart()`: they settle in the launcher only. */
export async function start(context: Context, request: StartRequest): Promise<void> {
  if (context.starting && context.role === 'daemon') return never();
  refuseSecond(context);
  const turn = takeFirst(context, request.method);
  if (turn?.kind === 'pending') return never();
  if (turn?.kind === 'earlier') return settleEarlier(context, turn.outcome);
  const proceed = async (): Promise<void> => {
    context.starting = true;
    goToWork(await throughStages(context, turn, 9));
    return never();
  };
  if (turn?.kind !== 'real') return proceed();
  await record(
    turn,
    async () => void ((await startForReal(context, turn, request)) || (await proceed())),
    () => started(context),
  );
}

/** The start that this process exists for, without a script that calls it: a module target's. */
export async function becomeOwn(context: Context): Promise<void> {
  await throughStages(context, { kind: 'own' }, 9);
  goToWork(context);
}

/** `activate()` and a stage called by itself: they return in the daemon and in the foreground; the launcher ends in here. */
export async function activate(context: Context, method: string, last: number): Promise<void> {
  if (method !== 'activate') refuseTwice(context, last);
  refuseSecond(context);
  const turn = takeFirst(context, method);
  if (turn?.kind === 'pending') return never();
  if (turn?.kind === 'earlier') return void replayed(turn.outcome);
  const proceed = async (): Promise<void> => {
    const own = await throughStages(context, turn, last);
    if (!own.finished.has(9)) return;
    startState().running = true;
    if (own.role !== 'foreground' || resolved(own).module === null) return;
    // What a target module does is its own, detached or not; the script has nothing to add.
    goToWork(own);
    return never();
  };
  if (turn?.kind !== 'real') return proceed();
  await record(
    turn,
    async () => {
      await exclusively(context, method, async (launcher) => {
        if (!(await staysInForeground(context, launcher))) await launcher.launchAndExit(context, ordinal(turn, method));
      });
      await proceed();
    },
    () => null,
  );
}

/** READY: at once, or as soon as stage 9 is done. */
export async function ready(context: Context): Promise<void> {
  context.readyWanted = true;
  if (!context.finished.has(9) || context.readySaid) return;
  await sayReady(context, context.role === 'daemon' ? startState().line : null);
  logUncaught(context);
}

/** In the foreground: what is on its way, or at work, is not to be given up for a second call. */
function refuseSecond({ role, starting }: Context): void {
  if (starting && role === 'foreground') throw alreadyStarted('running, in the foreground');
}

function alreadyStarted(what: string): DaemonError {
  return new DaemonError(`This daemon is ${what} already`, { code: 'ERR_ALREADY_STARTED' });
}

/** A daemon on its way, and a foreground one, go on from where they are; everything else is a new call, and is counted. */
function takeFirst(context: Context, method: string): Turn | null {
  return context.role === 'launcher' ? takeTurn(context, method, isModule(context)) : null;
}

/** @returns whether a daemon was started; `false`: this process is it, in the foreground */
function startForReal(context: Context, turn: Turn & { kind: 'real' }, { method, signal, before }: StartRequest): Promise<boolean> {
  return exclusively(context, method, async (launcher) => {
    refuseForStart(context);
    await before?.();
    if (await staysInForeground(context, launcher)) return false;
    await launcher.launch(context, ordinal(turn, method), signal);
    return true;
  });
}

/** What is enough for `activate()`, and not for `start()`. */
function refuseForStart(context: Context): void {
  const { name, monitor } = resolved(context);
  if (!monitor) {
    throw new OptionError(
      'monitor',
      'true: start() waits for the daemon, and only activate() can fire and forget',
      false,
      'ERR_OPTION_VALUE',
    );
  }
  if (context.overridesRun || context.given.target !== undefined) return;
  throw new DaemonError(`There is nothing to run: give daemon '${name}' a target, or override run()`, { code: 'ERR_NOTHING_TO_RUN' });
}

/** One start of an object at a time: noted before anything is waited for. */
async function exclusively<T>(context: Context, method: string, act: (launcher: Launcher) => Promise<T>): Promise<T> {
  // restart() is about to end the one that runs.
  if (context.launching || (method !== 'restart' && isStartedHere(context))) {
    throw alreadyStarted(context.launching ? 'being started' : `running, pid ${context.pid}`);
  }
  context.launching = true;
  try {
    const loading = import('./launcher/launcher.ts');
    // Whatever it is that gets spawned: this is loaded while the other file is being read.
    process.getBuiltinModule('node:child_process');
    const launcher = await loading;
    context.logging = await loadLogging(context.given);
    await lockReady(context);
    context.options = await launcher.resolveOptions(context.given, context);
    return await act(launcher);
  } finally {
    context.launching = false;
  }
}

/**
 * In the daemon an error is reported, and ends it; in the foreground it is the caller's.
 * @returns what the stages were run for
 */
async function throughStages(context: Context, turn: Turn | null, last: number): Promise<Context> {
  const { line } = startState();
  try {
    if (turn?.kind === 'own') {
      const loading = lockReady(context);
      if (loading !== null) await loading;
      beginOwnStart(context);
      context.logging = await loadLogging(context.given);
      // Until the launcher has let go of it, the pid file is the launcher's to give back.
      endWithProcess(context, () => line?.isLaunchers !== true);
    }
    const own = context.role === 'foreground' ? await standIn(context) : context;
    await runStages(own, last, (stage) => {
      if (own.role === 'daemon') line?.send({ type: 'stage', stage });
      loggerOf(own)?.debug({ stage }, `stage ${stage} done`);
      own.daemon.emit('stage', stage);
    });
    if (own.finished.has(9) && (!resolved(own).waitForReady || own.readyWanted)) await ready(own);
    return own;
  } catch (error) {
    if (context.role === 'daemon') return failOwnStart(context, error);
    // A lock that was the caller's before stays the caller's, as in a launcher.
    if (!context.borrowsLock) context.lock()?.[Symbol.dispose]();
    context.starting = false;
    // Nothing has been done yet, so another try begins at the beginning, with the lock.
    if ((context.standIn ?? context).started.size === 0) Object.assign(context, { role: 'launcher', pid: null });
    throw error;
  }
}

function goToWork(context: Context): void {
  startState().running = true;
  void runToEnd(context, () => context.daemon.run(...resolved(context).args), { failed: reportFailure });
}

function ordinal({ index }: { readonly index: number }, method: string) {
  const { journal, probes } = startState();
  return { index, method, history: journal.slice(0, index), probes };
}

function started({ pid, startTime, output, error }: Context): Started {
  return { pid, startTime, output, error };
}

function isModule({ given: { target } }: Context): boolean {
  return target instanceof URL || typeof target === 'string';
}

function never(): Promise<never> {
  return new Promise(() => {});
}
