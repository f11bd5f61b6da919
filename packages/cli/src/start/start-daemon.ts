import {
  type Declaration,
  forgetUnlessStarted,
  isSame,
  noteStarted,
  type Places,
  readDeclaration,
  readStarted,
  readyInForeground,
  refuseOtherScript,
  replaceDeclaration,
  withName,
} from '@daemonium/core/registry';
import type { Daemon } from '@daemonium/daemon';
import { asStopped } from '../daemons/as-stopped.ts';
import { asPredicate, isUp, type State, stateOf } from '../daemons/state.ts';
import { CommandError, exitCodeOf, messageOf } from '../errors/command-error.ts';
import { DONE, FAILED, USAGE } from '../errors/exit-codes.ts';
import { complain, errorStream, say, sayAsIs } from '../terminal/output.ts';
import { whileSpinning } from '../terminal/spinner.ts';
import { version } from '../version.ts';
import { cureOf } from './cure.ts';
import { daemonOf, holderOf } from './daemon-of.ts';
import { markLogs } from './log-since.ts';
import { runOwnVerb } from './own-verb.ts';
import { findScript } from './script.ts';
import { isToBeWatched, watch } from './watch.ts';

export interface StartOptions {
  /** Another script may take the name. */
  readonly replace?: boolean;
  readonly foreground?: boolean;
}

/** `null`: this process is the daemon from here on. */
export type Outcome = number | null;

/** Starts a declared daemon, and writes it down. */
export async function startDaemon(places: Places, wanted: Declaration, options: StartOptions = {}): Promise<Outcome> {
  if (wanted.by === 'control') return startByItself(places, wanted, options);
  const started = await withName(places, wanted.name, () => underLock(places, wanted, options));
  if (typeof started === 'number' || started === null) return started;
  return announced(places, wanted, started, 'started');
}

/** A program that calls `control()` starts itself; the variables that are declared for it are the command's. */
async function startByItself(places: Places, wanted: Declaration, { foreground = false }: StartOptions): Promise<number> {
  await withName(places, wanted.name, async () => {
    const known = readDeclaration(places, wanted.name);
    if (known === null || !isSame(known, { ...wanted, env: known.env, envFile: known.envFile }))
      throw new CommandError(itsOwn(wanted), USAGE);
    replaceDeclaration(places, known, wanted);
  });
  return runOwnVerb(wanted, foreground ? 'foreground' : 'start');
}

function itsOwn({ name, script }: Declaration): string {
  return `${name} calls control(), and is what '${script}' says: of the options only --env and --env-file go with it`;
}

const NO_FLAGS = 'options of Node cannot be given to the process that runs already: with --foreground set them in NODE_OPTIONS';

interface Running {
  readonly daemon: Daemon;
  readonly logs: () => string;
}

async function underLock(
  places: Places,
  wanted: Declaration,
  { replace = false, foreground = false }: StartOptions,
): Promise<Outcome | Running> {
  findScript(wanted.script, '/');
  // A unit gives them to this very process.
  if (foreground && wanted.execArgv.join('\0') !== process.execArgv.join('\0') && wanted.execArgv.length > 0)
    throw new CommandError(NO_FLAGS, USAGE);
  const known = readDeclaration(places, wanted.name);
  if (known !== null && !replace) refuseOtherScript(places, known, wanted);
  const state = stateOf(places, known ?? wanted, version());
  if (known !== null && known.script !== wanted.script && isUp(state)) await stopOther(places, known);
  else if (isUp(state)) return alreadyRunning(places, known, wanted, state);
  replaceDeclaration(places, known, wanted);
  const logs = markLogs(wanted);
  const start = () => begin(places, wanted, foreground);
  try {
    // A known name keeps its new declaration.
    const daemon = await (known === null ? forgetUnlessStarted(places, wanted.name, start) : start());
    if (daemon.role === 'foreground') return null;
    noteStarted(places, wanted.name, version());
    return { daemon, logs };
  } catch (error) {
    reportOutput(error, logs);
    throw withCure(error, wanted);
  }
}

/** The daemon of another script, which has had the name until now. */
async function stopOther(places: Places, known: Declaration): Promise<void> {
  const daemon = await holderOf(known);
  await asStopped(places, known, () => daemon.stop());
}

/** In the foreground start() never settles, so READY is the end of the start. */
async function begin(places: Places, wanted: Declaration, foreground: boolean): Promise<Daemon> {
  const daemon = await daemonOf(wanted, foreground ? false : 'auto');
  const inForeground = readyInForeground(daemon, places, wanted.name, version());
  await whileSpinning(`starting ${wanted.name}`, () => Promise.race([daemon.start(), inForeground]));
  return daemon;
}

function alreadyRunning(places: Places, known: Declaration | null, wanted: Declaration, state: State): Outcome {
  const { name } = wanted;
  const running = state.pid === null ? `already started, and ${asPredicate(state)}` : `already running, pid ${state.pid}`;
  if (known !== null && isSame(known, wanted)) say(`${name} is ${running}`);
  else {
    replaceDeclaration(places, known, wanted);
    say(`${name} is ${running}, and is declared anew: restart to apply`);
  }
  return DONE;
}

/** The outcome of a start, once the lock of the name is free again. */
export async function announced(
  places: Places,
  declaration: Declaration,
  { daemon, logs }: Pick<Running, 'logs'> & { readonly daemon: Pick<Daemon, 'pid'> },
  what: 'started' | 'restarted',
): Promise<number> {
  const { name } = declaration;
  const { pid } = daemon;
  const endedAfter =
    pid !== null && isToBeWatched(declaration) ? await whileSpinning(`watching ${name}`, () => watch(declaration, pid)) : null;
  if (endedAfter === null) {
    say(`${name} ${what}, pid ${pid}`);
    return DONE;
  }
  const isBack = typeof declaration.respawn === 'object' ? declaration.respawn !== null : declaration.respawn;
  if (readStarted(places, name) === null || (!isBack && isUp(stateOf(places, declaration, version())))) {
    say(`${name} ${what}, pid ${pid}; another command has stopped it after ${endedAfter} ms`);
    return DONE;
  }
  errorStream().write(logs());
  complain(`${name} ${what}, and ended after ${endedAfter} ms${isBack ? '; it is started again' : ''}`);
  return isBack ? DONE : FAILED;
}

/** A failed program has given its own reason: in the error, or in its log already, where its output is once more. */
export function reportOutput(error: unknown, logs: () => string): void {
  const { output = '', error: errorOutput = '' } = error as { readonly output?: string; readonly error?: string };
  if (output !== '') sayAsIs(output);
  errorStream().write(errorOutput === '' ? logs().replace(output, '') : errorOutput);
}

/** The failure of a start, with what to do where Node's own error does not say it. */
export function withCure(error: unknown, { script }: Declaration): unknown {
  const cure = error instanceof Error ? cureOf(error, script) : null;
  return cure === null ? error : new CommandError(`${messageOf(error)}\n${cure}`, exitCodeOf(error), { cause: error });
}
