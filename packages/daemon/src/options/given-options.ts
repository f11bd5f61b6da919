import type { PidLockFile } from '@daemonium/core';
import type { LoggerLike } from '@daemonium/logging/logger-fds';

/** Anything with a descriptor: a stream, a `FileHandle`, a socket, a listening server. */
export type HasDescriptor =
  | { readonly fd: number }
  | { readonly _handle: { readonly fd: number } | null }
  | { readonly _handle?: { readonly fd: number } | null };

/** Where a standard stream goes: a path (appended to), a descriptor of the launcher, or `null` for /dev/null. */
export type StreamTarget = string | URL | number | HasDescriptor | null;

/** Where standard input comes from; `content` is what the daemon reads, and then the end of the file. */
export type InputSource = StreamTarget | { readonly content: string | Uint8Array };

/** A signal's meaning: the name of a method of the daemon, a function, or `null` to ignore it. */
export type SignalAction = string | ((signal: NodeJS.Signals) => unknown) | null;

/** An ordinary Node.js program as the target: it runs as `node ...execArgv script ...argv` would run it, and need not know of this package. */
export interface ProgramTarget {
  /** A path, relative to the launcher's working directory, or a `file:` URL. */
  readonly script: string | URL;
  /** @default [] */
  readonly argv?: readonly string[];
  /** Flags of Node itself, after the launcher's own. @default [] */
  readonly execArgv?: readonly string[];
}

/** The options that mean the same for every class of daemon. All times are milliseconds. */
export interface CommonOptions {
  /** Passed as the last argument, copied like `args`. */
  readonly kwargs?: object;
  /**
   * Shows in `process.title` and in messages.
   * @default the class's name, or the script's
   */
  readonly name?: string;
  /**
   * `true`: always detach; `false`: stay in the foreground; `'auto'`: stay when the parent is an init system, a container, systemd, inetd, or a supervisor (runit, s6, daemontools, OpenRC, supervisord).
   * @default 'auto'
   */
  readonly detach?: boolean | 'auto';
  /**
   * Absolute path, relative to `rootDirectory` where that is given.
   * @default '/'
   */
  readonly workingDirectory?: string | URL;
  /** Absolute path to chroot(2) into. Needs root. */
  readonly rootDirectory?: string | URL;
  /**
   * File mode creation mask, 0 to 0o777.
   * @default 0o077
   */
  readonly umask?: number;
  /**
   * Set RLIMIT_CORE to 0, hard and soft (setrlimit(2)).
   * @default true
   */
  readonly preventCore?: boolean;
  /** User by name or number, or `'auto'`: the real user id. Changing it needs root. */
  readonly user?: string | number;
  /** Group by name or number, or `'auto'`: the real group id. Default with `user`: the user's own group. */
  readonly group?: string | number;
  /**
   * Give the daemon the user's supplementary groups. `false` leaves it its group alone.
   * @default true when `user` is given
   */
  readonly initGroups?: boolean;
  /** The pid file: the launcher takes its lock, the daemon writes its pid to it and holds the lock as long as it lives. */
  readonly pidFile?: string | URL | PidLockFile | null;
  /** What stays open, under the same numbers: descriptors, anything with one, listening servers, pino loggers. */
  readonly inheritFiles?: Iterable<number | HasDescriptor | object>;
  /** Signal, by name or number, to method name, function or `null` (ignore). Over the defaults: SIGTERM, SIGINT terminate, SIGHUP reloads. */
  readonly signalMap?: Readonly<Record<string | number, SignalAction>>;
  /** @default null */
  readonly stdin?: InputSource;
  /** @default null */
  readonly stdout?: StreamTarget;
  /** @default null */
  readonly stderr?: StreamTarget;
  /** A pino logger: stages at debug, failures at error, an uncaught error at fatal. Its descriptors stay open. */
  readonly logger?: LoggerLike | null;
  /** Merged over `process.env`; `undefined` deletes. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /**
   * `false`: fire and forget. `activate()` then ends the launcher at once, and the standard streams are final from the start.
   * @default true
   */
  readonly monitor?: boolean;
  /**
   * The daemon is ready when it calls `ready()`, not when stage 9 is done.
   * @default false
   */
  readonly waitForReady?: boolean;
  /**
   * When a program is ready. `'started'`: its main module has been evaluated; `'listening'`: its first server, or that of a cluster worker,
   * listens; `'message'`: it calls `process.send('ready')`, which exists for that. For a program target only.
   * @default 'started'
   */
  readonly ready?: 'started' | 'listening' | 'message';
  /**
   * How long the daemon may take to get ready, in ms; 0 waits for ever. Then it is killed, and the launcher gets a `StartTimeoutError`.
   * @default 90_000
   */
  readonly startTimeout?: number;
  /**
   * How long `run()` may take to end after SIGTERM, in ms, and how long `stop()` waits before it sends SIGKILL.
   * @default 10_000
   */
  readonly stopTimeout?: number;
}

/** The options as the code behind a daemon reads them, whatever its class and its arguments are. */
export interface GivenOptions extends CommonOptions {
  readonly target?: ((...args: unknown[]) => unknown) | URL | string | ProgramTarget;
  readonly args?: readonly unknown[];
}
