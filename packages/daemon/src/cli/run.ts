import type { Daemon } from '../daemon.ts';
import { isDaemonProcess } from '../daemonized/arrival.ts';
import { type DaemonState, lockReady } from '../definition/daemon-state.ts';
import { NotRunningError, StartError } from '../errors.ts';
import { core } from '../internal/core.ts';
import { print } from '../internal/print.ts';
import { endLauncher, printOutcome } from '../launcher/print-outcome.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { leaseInWords } from '../remote/lease-status.ts';
import { otherUsersDaemon } from '../remote/other-user.ts';
import type { DaemonStatus } from '../remote/status.ts';
import { type StartRequest, start as startDaemon } from '../start-call/dispatch.ts';
import { stopForRestart } from '../start-call/queries.ts';
import { type ControlOptions, checkControlOptions } from './control-options.ts';
import { giveDefaultLock, STARTING } from './default-lock.ts';
import { EXIT, STATUS_EXIT } from './exit-codes.ts';
import { logPaths, showLogs } from './logs.ts';
import { type Command, parseCommand, UsageError, usage, type Verb } from './parse.ts';
import { whileSpinning } from './spinner.ts';
import { watchStart } from './watch-start.ts';

interface CommandContext extends Command {
  readonly daemon: Daemon;
  readonly state: DaemonState;
  readonly name: string;
}

/** @returns the exit code; it does not settle where this process is, or becomes, the daemon */
export async function runCommand(daemon: Daemon, state: DaemonState, given: readonly string[] | ControlOptions): Promise<number> {
  const hasOptions = typeof given === 'object' && !Array.isArray(given);
  const { register = false } = hasOptions ? checkControlOptions(given as ControlOptions) : {};
  let command: Command | null;
  try {
    command = parseCommand(hasOptions ? process.argv.slice(2) : (given as readonly string[]));
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    print(process.stderr, `${error.message}\n\n${usage()}`);
    return EXIT.usage;
  }
  if (command === null) {
    print(process.stdout, usage());
    return EXIT.done;
  }
  await lockReady(state.facts.given);
  const name = state.facts.name || state.facts.defaultName;
  try {
    await giveDefaultLock(daemon, state, name, command.verb);
    const context = { ...command, daemon, state, name };
    return await (register && !isDaemonProcess ? actRegistered(context) : ACTIONS[command.verb](context));
  } catch (error) {
    return failed(command.verb, state, name, error);
  }
}

const NO_PID_FILE = 'with pidFile: null no other process can find it; leave the option out, or give a path';

/** Codes of a start or a stop that another user's daemon may be the reason of. */
const MEANS_HELD: readonly unknown[] = ['ERR_ALREADY_LOCKED', 'ERR_PID_FILE_INSECURE', 'EACCES', 'EPERM'];

const FORBIDDEN: readonly unknown[] = ['EPERM', 'EACCES', 'ERR_DECLARATION_FOREIGN', 'ERR_REGISTRY_INSECURE'];

const ACTIONS: Readonly<Record<Verb, (subject: CommandContext) => number | Promise<number>>> = {
  start,
  stop,
  restart,
  upgrade,
  reload,
  'step-down': stepDown,
  status,
  logs,
  foreground,
};

/** The daemon runs this script, too, and its launcher has written it down already. */
async function actRegistered(context: CommandContext): Promise<number> {
  const { verb, daemon, state, name } = context;
  const { startRegistered, noteRegisteredStop } = await import('./registered.ts');
  if (STARTING.includes(verb)) return startRegistered(daemon, state, name, async () => ACTIONS[verb](context));
  const code = await ACTIONS[verb](context);
  if (verb === 'stop') await noteRegisteredStop(state, name);
  return code;
}

async function start({ daemon, state, name }: CommandContext): Promise<number> {
  try {
    await waiting(`starting ${name}`, daemon, () => startDaemon(state, { method: 'start', lingers: true }));
  } catch (error) {
    const now = daemon.status();
    if ((now.pid === null && now.state !== 'waiting') || !MEANS_HELD.includes(codeOf(error))) throw error;
    say(`${name} is already ${now.pid === null ? `started, and ${waitingText(now)}` : `running, pid ${now.pid}`}`);
    return EXIT.done;
  }
  return started(state, `${name} started`);
}

async function restart({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  // Without a lock it would start a second one beside the first.
  if (isUnknowable(state)) return unknowable(name);
  const request: StartRequest = {
    method: 'restart',
    before: () => stopForRestart(state, timeout === undefined ? {} : { timeout }),
    lingers: true,
  };
  await waiting(`restarting ${name}`, daemon, () => startDaemon(state, request));
  return started(state, `${name} restarted`);
}

async function stop({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  try {
    const { pid, forced } = await waiting(`stopping ${name}`, daemon, () => daemon.stop(timeout === undefined ? {} : { timeout }));
    say(`${name} stopped, pid ${pid}${forced ? '; it had to be killed' : ''}`);
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (isUnknowable(state)) return unknowable(name);
    say(`${name} is not running`);
  }
  return EXIT.done;
}

async function upgrade({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  if (isUnknowable(state)) return unknowable(name);
  try {
    const { pid, previous } = await waiting(`upgrading ${name}`, daemon, () => daemon.upgrade(timeout === undefined ? {} : { timeout }));
    say(`${name} upgraded, pid ${pid}; pid ${previous} ends when its connections do`);
    return EXIT.done;
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    complain(`${name} is not running`);
    return EXIT.notRunning;
  }
}

function reload({ daemon, state, name }: CommandContext): number {
  try {
    daemon.reload();
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (isUnknowable(state)) return unknowable(name);
    complain(`${name} is not running`);
    return EXIT.notRunning;
  }
  say(`${name} was told to reload`);
  return EXIT.done;
}

async function logs({ state, name, follow, lines }: CommandContext): Promise<number> {
  const paths = await logPaths(state.facts.given);
  if (paths.length > 0) return showLogs(paths, { follow, lines });
  complain(`${name} has no log that is known: neither stdout nor stderr is a path, and logger is no fileLogger`);
  return EXIT.failed;
}

async function stepDown({ daemon, state, name, timeout }: CommandContext): Promise<number> {
  try {
    const { pid, token } = await waiting(`${name} steps down`, daemon, () => daemon.stepDown(timeout === undefined ? {} : { timeout }));
    say(`${name} has stepped down, pid ${pid}, token ${token}`);
    return EXIT.done;
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    if (isUnknowable(state)) return unknowable(name);
    complain(`${name} is not running`);
    return EXIT.notRunning;
  }
}

/** Runs the daemon in this process, supervised or not. Output that goes to a file is also shown, unless --quiet. */
async function foreground({ state, quiet }: CommandContext): Promise<number> {
  const { stdout, stderr, ...given } = state.facts.given;
  const streams = quiet ? { stdout, stderr } : { stdout: unlessPath(stdout), stderr: unlessPath(stderr) };
  await startDaemon(state, { method: 'start', given: { ...given, ...defined(streams), detach: false } });
  return EXIT.done;
}

function unlessPath<T>(stream: T): Exclude<T, string | URL> | undefined {
  return typeof stream === 'string' || stream instanceof URL ? undefined : (stream as Exclude<T, string | URL>);
}

function defined(
  options: { readonly [Key in 'stdout' | 'stderr']?: GivenOptions[Key] | undefined },
): Pick<GivenOptions, 'stdout' | 'stderr'> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function status({ daemon, state, name, json }: CommandContext): number {
  const now = daemon.status();
  const [code, text] =
    now.state === 'waiting'
      ? ([STATUS_EXIT.running, `is ${waitingText(now)}`] as const)
      : now.pid === null
        ? withoutPid(state)
        : ([STATUS_EXIT.running, inWords(now)] as const);
  say(json ? JSON.stringify(now) : `${name} ${text}`);
  return code;
}

function inWords({ pid, since, lease }: DaemonStatus): string {
  const ofLease = lease === null ? '' : `, ${leaseInWords(lease)}`;
  return `is running, pid ${pid}, since ${since?.toISOString()}${ofLease}`;
}

/** Text for a daemon in a pause of `respawn`. */
function waitingText({ nextTry }: DaemonStatus): string {
  const left = nextTry === null ? null : Math.max(0, Math.ceil((nextTry.getTime() - Date.now()) / 1000));
  return `waiting${left === null ? '' : `, next try in ${left} s`}`;
}

function withoutPid({ lock }: DaemonState): readonly [code: number, text: string] {
  if (lock === null) return [STATUS_EXIT.unknown, `is not known to run: ${NO_PID_FILE}`];
  const { path } = lock;
  const holder = core().proveHolder(path);
  if (typeof holder !== 'string') return [STATUS_EXIT.running, `is running, pid ${holder.pid}, since ${holder.since.toISOString()}`];
  if (holder === 'missing' || holder === 'empty') return [STATUS_EXIT.stopped, 'is not running'];
  if (holder === 'unlocked') return [STATUS_EXIT.dead, `is dead, and has left its pid file '${path}'`];
  if (holder === 'unreadable') return [STATUS_EXIT.unknown, `is not known: this user may not look at the pid file '${path}'`];
  const other = otherUsersDaemon(lock);
  if (other !== null) return [STATUS_EXIT.unknown, other];
  return [STATUS_EXIT.unknown, `is not known: no process is proved to hold the lock of '${path}' (${holder})`];
}

/** Without a pid file, only the process that started the daemon knows it. */
function isUnknowable({ lock, process: started }: DaemonState): boolean {
  return lock === null && started === null;
}

function unknowable(name: string): number {
  complain(`${name} is not known to run: ${NO_PID_FILE}`);
  return EXIT.failed;
}

/** A daemon that says itself when it is ready is believed; any other is watched for a moment. */
async function started({ side, facts: { given } }: DaemonState, what: string): Promise<number> {
  const outcome = side.role === 'launcher' ? side.outcome : null;
  if (outcome?.kind !== 'started') return EXIT.done;
  printOutcome(outcome.output, outcome.error, null);
  const moments = saysItselfReady(given) ? null : await watchStart(outcome);
  if (moments === null || moments.end === null) {
    say(`${what}, pid ${outcome.pid}`);
    if (typeof moments?.interruptedBy === 'number') endLauncher(128 + moments.interruptedBy);
    return EXIT.done;
  }
  const { error, exitCode } = moments.end;
  if (exitCode === 0) {
    say(`${what}, and finished after ${moments.milliseconds} ms`);
    return EXIT.done;
  }
  const why = error !== null ? `: ${error.name}: ${error.message}` : exitCode === null ? '' : `: it exited with ${exitCode}`;
  const isBack = outcome.supervisor !== null;
  complain(`${what}, and ended after ${moments.milliseconds} ms${why}${isBack ? '; it is started again' : ''}`);
  return isBack ? EXIT.done : EXIT.failed;
}

function saysItselfReady({ waitForReady, ready }: GivenOptions): boolean {
  return waitForReady === true || ready === 'listening' || ready === 'message';
}

function failed(verb: Verb, { lock }: DaemonState, name: string, error: unknown): number {
  const other = lock !== null && STARTING.includes(verb) && MEANS_HELD.includes(codeOf(error)) ? otherUsersDaemon(lock) : null;
  if (other !== null) {
    complain(`${name} ${other}`);
    return EXIT.notPermitted;
  }
  if (error instanceof StartError) printOutcome(error.output, error.error, error);
  else complain(`${name}: ${verb} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  if (verb === 'status') return STATUS_EXIT.unknown;
  const code = codeOf(error);
  return FORBIDDEN.includes(code) ? EXIT.notPermitted : EXIT.failed;
}

/** The daemon runs this script, too, and has no terminal of its own. */
function waiting<T>(what: string, daemon: Daemon, work: () => Promise<T>): Promise<T> {
  return isDaemonProcess ? work() : whileSpinning(what, daemon, work);
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : null;
}

function isNotRunning(error: unknown): boolean {
  return error instanceof NotRunningError && error.code === 'ERR_NOT_RUNNING';
}

function say(text: string): void {
  print(process.stdout, `${text}\n`);
}

function complain(text: string): void {
  print(process.stderr, `${text}\n`);
}
