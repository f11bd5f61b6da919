import { type Context, lockReady } from '../context.ts';
import type { Daemon } from '../daemon.ts';
import { isDaemonProcess } from '../daemonized/arrival.ts';
import { NotRunningError, StartError } from '../errors.ts';
import { printReport } from '../launcher/report.ts';
import { core } from '../wire/core.ts';
import { type Command, parseCommand, UsageError, usage, type Verb } from './parse.ts';
import { whileSpinning } from './spinner.ts';

/** Of the LSB's init scripts; those of status are a list of their own. */
const DONE = 0;
const FAILED = 1;
const USAGE = 2;
const NOT_PERMITTED = 4;
const NOT_RUNNING = 7;
const STATUS = { running: 0, dead: 1, stopped: 3, unknown: 4 } as const;

interface Subject extends Command {
  readonly daemon: Daemon;
  readonly context: Context;
  readonly name: string;
}

/** @returns the exit code; it does not settle where this process is, or becomes, the daemon */
export async function runCommand(daemon: Daemon, context: Context, argv: readonly string[]): Promise<number> {
  let command: Command | null;
  try {
    command = parseCommand(argv);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`${error.message}\n\n${usage()}`);
    return USAGE;
  }
  if (command === null) {
    process.stdout.write(usage());
    return DONE;
  }
  await lockReady(context);
  const name = typeof context.given.name === 'string' ? context.given.name : context.defaultName;
  try {
    return await ACTIONS[command.verb]({ ...command, daemon, context, name });
  } catch (error) {
    return failed(command.verb, name, error);
  }
}

const ACTIONS: Readonly<Record<Verb, (subject: Subject) => number | Promise<number>>> = {
  start,
  stop,
  restart,
  reload,
  status,
  foreground,
};

async function start({ daemon, name }: Subject): Promise<number> {
  try {
    await waiting(`starting ${name}`, daemon, () => daemon.start());
  } catch (error) {
    const { pid } = daemon.status();
    if (codeOf(error) !== 'ERR_ALREADY_LOCKED' || pid === null) throw error;
    say(`${name} is already running, pid ${pid}`);
    return DONE;
  }
  return started(daemon, `${name} started`);
}

async function restart({ daemon, name, timeout }: Subject): Promise<number> {
  await waiting(`restarting ${name}`, daemon, () => daemon.restart(timeout === undefined ? {} : { timeout }));
  return started(daemon, `${name} restarted`);
}

async function stop({ daemon, name, timeout }: Subject): Promise<number> {
  try {
    const { pid, forced } = await waiting(`stopping ${name}`, daemon, () => daemon.stop(timeout === undefined ? {} : { timeout }));
    say(`${name} stopped, pid ${pid}${forced ? '; it had to be killed' : ''}`);
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    say(`${name} is not running`);
  }
  return DONE;
}

function reload({ daemon, name }: Subject): number {
  try {
    daemon.reload();
  } catch (error) {
    if (!isNotRunning(error)) throw error;
    complain(`${name} is not running`);
    return NOT_RUNNING;
  }
  say(`${name} was told to reload`);
  return DONE;
}

/** Runs the daemon in this process, whoever has started it. */
async function foreground({ daemon, context }: Subject): Promise<number> {
  Object.assign(context, { given: { ...context.given, detach: false } });
  await daemon.start();
  return DONE;
}

function status({ daemon, context, name, json }: Subject): number {
  const now = daemon.status();
  const [code, text] =
    now.pid === null ? withoutPid(context) : [STATUS.running, `is running, pid ${now.pid}, since ${now.since?.toISOString()}`];
  say(json ? JSON.stringify(now) : `${name} ${text}`);
  return code;
}

function withoutPid(context: Context): readonly [code: number, text: string] {
  const path = context.lock()?.path;
  if (path === undefined) return [STATUS.stopped, 'is not known to run: it has no pid file'];
  const holder = core().proveHolder(path);
  if (typeof holder !== 'string') return [STATUS.running, `is running, pid ${holder.pid}, since ${holder.since.toISOString()}`];
  if (holder === 'missing' || holder === 'empty') return [STATUS.stopped, 'is not running'];
  if (holder === 'unlocked') return [STATUS.dead, `is dead, and has left its pid file '${path}'`];
  if (holder === 'unreadable') return [STATUS.unknown, `is not known: this user may not look at the pid file '${path}'`];
  return [STATUS.unknown, `is not known: nothing proves who holds the lock of '${path}' (${holder})`];
}

function started(daemon: Daemon, what: string): number {
  printReport(daemon.output, daemon.error, null);
  say(`${what}, pid ${daemon.pid}`);
  return DONE;
}

function failed(verb: Verb, name: string, error: unknown): number {
  if (error instanceof StartError) printReport(error.output, error.error, error);
  else complain(`${name}: ${verb} failed: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
  if (verb === 'status') return STATUS.unknown;
  const code = codeOf(error);
  return code === 'EPERM' || code === 'EACCES' ? NOT_PERMITTED : FAILED;
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
  process.stdout.write(`${text}\n`);
}

function complain(text: string): void {
  process.stderr.write(`${text}\n`);
}
