import { encodePayload, formatMarker, MARKER, newNonce } from '@daemonium/core/start';
import { type Context, identify, resolved } from '../context.ts';
import type { Resolved } from '../options/resolve.ts';
import { core } from '../wire/core.ts';
import type { HistoryEntry, StartPayload } from '../wire/report.ts';
import type { CommandLine } from './command-line.ts';
import { daemonEnvironment } from './environment.ts';
import { leaks, loggerDescriptors } from './handed-files.ts';
import { Numbers, type Stdio } from './numbers.ts';
import { finalStreams, inputDescriptor, type Opened } from './streams.ts';
import { hasTrampoline, trampoline } from './trampoline.ts';
import { canWake } from './wake.ts';

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
  readonly stdio: Stdio;
  readonly env: NodeJS.ProcessEnv;
  /** Written when the daemon's process is on its way already: it takes some forty ms until it reads. */
  readonly payload: () => Buffer;
  readonly control: number;
  /** The daemon waits for a signal with its ack. */
  readonly wakes: boolean;
  /** Until the shell is ended, the pipes of stdout and stderr do not end. */
  readonly keepsPipes: boolean;
}

/** Gives numbers to everything that crosses, and writes down what goes with it. What it opens for that goes to `opened`. */
export function prepareCrossing(context: Context, command: CommandLine, ordinal: Ordinal, opened: Opened): Crossing {
  const options = resolved(context);
  const { inherit, module, monitor } = options;
  const numbers = new Numbers(inherit);
  const control = numbers.control();
  const lock = context.lock();
  const held = lock === null ? null : core().lockForHandover(lock);
  const handed = held === null ? null : { ...held, fd: numbers.pass(held.fd) };
  const stdin = numbers.stdin(inputDescriptor(inputOf(options), opened));
  const streams = { 1: numbers.target(1, options.stdout, inherit), 2: numbers.target(2, options.stderr, inherit) };
  if (!monitor) finalStreams(streams, numbers.stdio, options.umask, opened);

  const env = daemonEnvironment(options.env, module !== null);
  const nonce = newNonce();
  const shell = hasTrampoline();
  const limitCore = options.preventCore && !context.overrides(2) && shell;
  const wakes = monitor && shell && canWake(options.signals);
  // Who reads them may read to their end, before the start goes on; and with nobody in between, READY is the end of the shell.
  const keepsPipes = shell && context.daemon.monitor === context.base.monitor && !context.overrides(1);
  const start = (): StartPayload => ({
    launcherPid: process.pid,
    ...identify(context),
    method: ordinal.method,
    module,
    given: module === null ? {} : plainOptions(context, options),
    options: { ...options, stdin: { kind: 'null' }, inherit: inherit.filter((fd) => fd > 2) },
    leaks: leaks(numbers.taken()),
    streams,
    wakes,
    coreLimited: limitCore,
    history: module === null ? ordinal.history : [],
    probes: module === null ? ordinal.probes : [],
  });
  return {
    command: trampoline(command, { control: monitor ? control : null, stdin, passing: numbers.passing, limitCore, keepsPipes }),
    stdio: numbers.filled(),
    env: { ...env, [MARKER]: formatMarker({ fd: control, index: ordinal.index, nonce }) },
    payload: () => encodePayload({ env, lock: handed, descriptors: loggerDescriptors(context, inherit), start: start() }, nonce),
    control,
    wakes,
    keepsPipes,
  };
}

/** A 0 among the inherited files is what the daemon reads from, unless an option says otherwise. */
function inputOf({ stdin, inherit }: Resolved): Resolved['stdin'] {
  return stdin.kind === 'null' && inherit.includes(0) ? { kind: 'fd', fd: 0 } : stdin;
}

/** The options as they were given, but for what only makes sense here: functions, streams, descriptors, loggers. */
function plainOptions(context: Context, { workingDirectory, rootDirectory }: Resolved): Record<string, unknown> {
  const {
    target: _target,
    logger: _logger,
    inheritFiles: _files,
    stdin: _in,
    stdout: _out,
    stderr: _err,
    signalMap: _map,
    pidFile: _lock,
    ...plain
  } = context.given;
  const lock = context.lock();
  return {
    ...plain,
    // A URL cannot be cloned.
    ...(plain.workingDirectory === undefined ? {} : { workingDirectory }),
    ...(plain.rootDirectory === undefined ? {} : { rootDirectory }),
    ...(lock === null ? {} : { pidFile: lock.path }),
  };
}
