import type { ChildProcess } from 'node:child_process';
import { constants, fstatSync, openSync } from 'node:fs';
import {
  descriptorTable,
  encodePayload,
  formatMarker,
  type HandedDescriptor,
  lockForHandover,
  MARKER,
  type Payload,
  randomHex,
} from '@daemonium/core/handover';
import { type Context, identify, resolved } from '../context.ts';
import { openInput } from '../options/input.ts';
import type { ResolvedInput, ResolvedTarget } from '../options/streams.ts';
import type { HistoryEntry, StartPayload } from '../wire/report.ts';
import { type CommandLine, keptNodeOptions } from './command-line.ts';
import { hasTrampoline, trampoline, type Way } from './trampoline.ts';

/** Which start of this process it is, and what came before. */
export interface Ordinal {
  readonly index: number;
  readonly method: string;
  readonly history: readonly HistoryEntry[];
  readonly probes: readonly HistoryEntry[];
}

/** A way to the daemon, ready to be executed: everything that crosses has its number. */
export interface Crossing {
  readonly command: CommandLine;
  readonly stdio: Array<number | 'ignore' | 'pipe'>;
  readonly env: NodeJS.ProcessEnv;
  readonly payload: Buffer;
  readonly control: number;
  /** Opened for this crossing, and closed once the other side has them. */
  readonly temporary: readonly number[];
}

/** Gives every open file that crosses its number in the daemon. */
class Numbers {
  readonly stdio: Crossing['stdio'] = ['ignore', 'pipe', 'pipe'];
  /** Of what only passes through the shell. */
  readonly passing: number[] = [];

  constructor(inherit: readonly number[]) {
    for (const fd of inherit) if (fd > 2) this.stdio[fd] = fd;
  }

  /** The lowest number that nothing has yet: high ones leak into the daemon's children, and dash reads one digit. */
  next(): number {
    let fd = 3;
    while (this.stdio[fd] !== undefined) fd += 1;
    return fd;
  }

  pass(what: number): number {
    const fd = this.next();
    this.stdio[fd] = what;
    this.passing.push(fd);
    return fd;
  }

  control(): number {
    const fd = this.next();
    this.stdio[fd] = 'pipe';
    return fd;
  }

  /** stdin is 0 from the start, and waits at another number because of the shell. */
  stdin(input: number | null): Way['stdin'] {
    if (input === null) return null;
    this.stdio[0] = input;
    const fd = this.next();
    if (fd > 9 || !hasTrampoline()) return 'inherited';
    this.stdio[fd] = input;
    return fd;
  }

  target(fd: 1 | 2, target: ResolvedTarget, inherit: readonly number[]): ResolvedTarget {
    if (target.kind === 'fd') return { kind: 'fd', fd: this.pass(target.fd) };
    return target.kind === 'null' && inherit.includes(fd) ? { kind: 'fd', fd: this.pass(fd) } : target;
  }

  /** Numbers in between keep what the launcher has there, if it is not close-on-exec. */
  filled(): Crossing['stdio'] {
    return Array.from(this.stdio, (entry) => entry ?? 'ignore');
  }
}

/** Gives numbers to everything that crosses, and writes down what goes with it. */
export function prepareCrossing(context: Context, command: CommandLine, ordinal: Ordinal): Crossing {
  const options = resolved(context);
  const { inherit } = options;
  const temporary: number[] = [];
  const numbers = new Numbers(inherit);
  const control = numbers.control();
  const lock = context.lock();
  const held = lock === null ? null : lockForHandover(lock);
  const handed = held === null ? null : { ...held, fd: numbers.pass(held.fd) };
  const input = options.stdin.kind === 'null' && inherit.includes(0) ? ({ kind: 'fd', fd: 0 } as const) : options.stdin;
  const stdin = numbers.stdin(inputDescriptor(input, temporary));
  const streams = { 1: numbers.target(1, options.stdout, inherit), 2: numbers.target(2, options.stderr, inherit) };
  if (!options.monitor) finalStreams(streams, numbers.stdio, temporary, options.umask);

  const env = daemonEnvironment(options.env, options.module !== null);
  const nonce = randomHex(16);
  const limitCore = options.preventCore && !context.overrides(2) && hasTrampoline();
  const start: StartPayload = {
    launcherPid: process.pid,
    ...identify(context),
    method: ordinal.method,
    module: options.module,
    given: options.module === null ? {} : plainOptions(context),
    options: { ...options, stdin: { kind: 'null' }, inherit: inherit.filter((fd) => fd > 2) },
    leaks: leaks(new Set(numbers.stdio.flatMap((entry, fd) => (entry === undefined ? [] : fd)))),
    streams,
    coreLimited: limitCore,
    history: options.module === null ? ordinal.history : [],
    probes: options.module === null ? ordinal.probes : [],
  };
  const payload: Payload = { env: env as Record<string, string>, lock: handed, descriptors: loggerDescriptors(context, inherit), start };
  const way: Way = { control: options.monitor ? control : null, stdin, passing: numbers.passing, limitCore };
  return {
    command: trampoline(command, way),
    stdio: numbers.filled(),
    env: { ...env, [MARKER]: formatMarker({ fd: control, index: ordinal.index, nonce }) },
    payload: encodePayload(payload, nonce),
    control,
    temporary,
  };
}

/** Stage 1 in the launcher: the first fork, with a session of its own. */
export function spawnDaemon({ command, stdio, env }: Crossing): ChildProcess {
  // Every process that imports this package would load it otherwise, daemons included.
  const { spawn } = process.getBuiltinModule('node:child_process');
  return spawn(command.file, [...command.args], { detached: true, stdio, env });
}

/** The descriptor that becomes 0 in the daemon. It cannot be changed later: libuv aborts when a stdin in use is replaced underneath. */
function inputDescriptor(input: ResolvedInput, temporary: number[]): number | null {
  if (input.kind === 'null') return null;
  const opened = openInput(input);
  if (opened.temporary) temporary.push(opened.fd);
  return opened.fd;
}

/** Without a monitor there is no one to collect output: 1 and 2 are what they are to be from the start. */
function finalStreams(streams: Record<1 | 2, ResolvedTarget>, stdio: Crossing['stdio'], temporary: number[], umask: number): void {
  for (const fd of [1, 2] as const) {
    const target = streams[fd];
    if (target.kind === 'null') stdio[fd] = 'ignore';
    else if (target.kind === 'fd') stdio[fd] = stdio[target.fd] as number;
    else {
      const opened = openSync(
        target.path,
        constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW,
        0o666 & ~umask,
      );
      temporary.push(opened);
      stdio[fd] = opened;
    }
  }
}

/** The options as they were given, but for what only makes sense here: functions, streams, descriptors, loggers. */
function plainOptions(context: Context): Record<string, unknown> {
  const {
    target: _target,
    logger: _logger,
    inheritFiles: _files,
    stdin: _in,
    stdout: _out,
    stderr: _err,
    signalMap: _map,
    ...rest
  } = context.given;
  const { pidFile: _lock, ...plain } = rest;
  const lock = context.lock();
  return lock === null ? plain : { ...plain, pidFile: lock.path };
}

function daemonEnvironment(changes: Readonly<Record<string, string | null>>, isModule: boolean): NodeJS.ProcessEnv {
  const env = { ...process.env };
  delete env['NODE_TEST_CONTEXT'];
  delete env['NODE_CHANNEL_FD'];
  delete env['NODE_UNIQUE_ID'];
  if (env['NODE_OPTIONS'] !== undefined) env['NODE_OPTIONS'] = keptNodeOptions(env['NODE_OPTIONS']);
  // A launcher that lives on is the service that systemd started; the daemon of a module target is another.
  if (isModule) for (const name of Object.keys(env)) if (/^(NOTIFY_SOCKET$|WATCHDOG_|LISTEN_)/.test(name)) delete env[name];
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete env[name];
    else env[name] = value;
  }
  return env;
}

/** What exec leaves open beside what is passed on purpose: stage 8 closes it, and knows it by number, device and inode. */
function leaks(passed: ReadonlySet<number>): StartPayload['leaks'] {
  return descriptorTable().flatMap(({ fd, closeOnExec }) => {
    if (fd <= 2 || closeOnExec || passed.has(fd)) return [];
    try {
      const { dev, ino } = fstatSync(fd, { bigint: true });
      return [[fd, String(dev), String(ino)] as const];
    } catch {
      return [];
    }
  });
}

/** The files under the loggers that cross, so that the daemon goes on in them although it may not open them any more. */
function loggerDescriptors({ given, logging }: Context, inherit: readonly number[]): HandedDescriptor[] {
  if (logging === null) return [];
  const loggers = [given.logger, ...(given.inheritFiles ?? [])].filter((item) => logging.isLogger(item));
  return loggers
    .flatMap((logger) => logging.loggerFiles(logger))
    .flatMap(({ path, fd }) => {
      if (!inherit.includes(fd)) return [];
      const { dev, ino } = fstatSync(fd);
      return [{ path, fd, dev, ino }];
    });
}
