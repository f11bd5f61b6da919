import type { PidLockFile, ServableSignal } from '@daemonium/core';
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

/** Any string, where these are the ones to propose. */
export type AnyOtherString = string & {};

/** A signal's meaning: the name of a method of the daemon, a function, or `null` to ignore it. */
export type SignalAction = 'terminate' | 'reload' | AnyOtherString | ((signal: NodeJS.Signals) => unknown) | null;

/** Signals, by name or number, and their meanings. What a JavaScript handler cannot serve (SIGKILL, SIGSEGV) is not among them. */
export type SignalMap = { readonly [Signal in ServableSignal | number]?: SignalAction };

/** An ordinary Node.js program as the target: it runs as `node ...execArgv script ...argv` would run it, and need not know of this package. */
export interface ProgramTarget {
  /** A path, relative to the launcher's working directory, or a `file:` URL. With `rootDirectory`, an absolute one inside of that. */
  readonly script: string | URL;
  /** @default [] */
  readonly argv?: readonly string[] | undefined;
  /** Flags of Node itself, after the launcher's own. In the foreground the process has to have them already. @default [] */
  readonly execArgv?: readonly string[] | undefined;
}

/**
 * Where a daemon listens: a port on all addresses, `'host:port'` (`'[::1]:80'` for IPv6), the absolute path of a Unix socket, or an object.
 * `name` is what `daemon.sockets` shows (default `'unknown'`), `backlog` as in listen(2) (default 511), `mode` the octal mode of the socket's
 * file (default 0o600).
 */
export type ListenTarget =
  | number
  | string
  | {
      readonly host?: string | undefined;
      readonly port: number;
      readonly name?: string | undefined;
      readonly backlog?: number | undefined;
    }
  | {
      readonly path: string;
      readonly mode?: number | undefined;
      readonly name?: string | undefined;
      readonly backlog?: number | undefined;
    };

/** The options that mean the same for every class of daemon. All times are milliseconds. */
export interface CommonOptions {
  /**
   * Shows in `process.title` and in messages.
   * @default the class's name, or the script's
   */
  readonly name?: string | undefined;
  /**
   * Whether `name` becomes `process.title`, which is also the process's `comm`, cut after 15 bytes (PR_SET_NAME in prctl(2)). `false` leaves it
   * node's, for those that look for the executable's name: killproc and pidofproc of the LSB.
   * @default true
   */
  readonly processTitle?: boolean | undefined;
  /**
   * `true`: always detach; `false`: stay in the foreground; `'auto'`: stay when the parent is an init system, a container, systemd, inetd, or a supervisor (runit, s6, daemontools, OpenRC, supervisord).
   * @default 'auto'
   */
  readonly detach?: boolean | 'auto' | undefined;
  /**
   * Absolute path, relative to `rootDirectory` where that is given.
   * @default '/'
   */
  readonly workingDirectory?: string | URL | undefined;
  /** Absolute path to chroot(2) into. Needs root. */
  readonly rootDirectory?: string | URL | undefined;
  /**
   * File mode creation mask, 0 to 0o777.
   * @default 0o077
   */
  readonly umask?: number | undefined;
  /**
   * Set RLIMIT_CORE to 0, hard and soft (setrlimit(2)).
   * @default true
   */
  readonly preventCore?: boolean | undefined;
  /** User by name or number, or `'auto'`: the real user id. Changing it needs root. */
  readonly user?: 'auto' | AnyOtherString | number | undefined;
  /** Group by name or number, or `'auto'`: the real group id. Default with `user`: the user's own group. */
  readonly group?: 'auto' | AnyOtherString | number | undefined;
  /**
   * Give the daemon the user's supplementary groups. `false` leaves it its group alone.
   * @default true when `user` is given
   */
  readonly initGroups?: boolean | undefined;
  /** The pid file: the launcher takes its lock, the daemon writes its pid to it and holds the lock as long as it lives. */
  readonly pidFile?: string | URL | PidLockFile | null | undefined;
  /** What stays open, under the same numbers: descriptors, anything with one, listening servers, pino loggers. */
  readonly inheritFiles?: Iterable<number | HasDescriptor | object> | undefined;
  /**
   * Where the daemon listens. The launcher opens the sockets, with its rights, before the daemon gives them up; the daemon finds them in
   * `sockets`, and so does every successor of `upgrade()`, for which an empty array will do. A program target gets them by `server.listen()` of the
   * same address. Under systemd's socket activation those are the sockets.
   */
  readonly listen?: readonly ListenTarget[] | undefined;
  /** Signal, by name or number, to method name, function or `null` (ignore). Over the defaults: SIGTERM, SIGINT terminate, SIGHUP reloads. */
  readonly signalMap?: SignalMap | undefined;
  /**
   * Where the daemon reads from: a path, a descriptor of the launcher, `{ content }`, or `null` for /dev/null.
   * @default null
   */
  readonly stdin?: InputSource | undefined;
  /**
   * Where standard output goes from stage 9 on: a path (appended to, opened with the launcher's rights), a descriptor of the launcher, or `null` for /dev/null.
   * @default null
   */
  readonly stdout?: StreamTarget | undefined;
  /**
   * Where standard error goes, as `stdout`; the same path is opened once.
   * @default null
   */
  readonly stderr?: StreamTarget | undefined;
  /** A pino logger: stages at debug, failures at error, an uncaught error at fatal. Its descriptors stay open. */
  readonly logger?: LoggerLike | null | undefined;
  /** Merged over `process.env`; `undefined` deletes. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /**
   * `false`: fire and forget. `activate()` then ends the launcher at once, and the standard streams are final from the start.
   * @default true
   */
  readonly monitor?: boolean | undefined;
  /**
   * The daemon is ready when it calls `ready()`, not when stage 9 is done.
   * @default false
   */
  readonly waitForReady?: boolean | undefined;
  /**
   * When a program is ready. `'started'`: its main module has been evaluated; `'listening'`: its first server, or that of a cluster worker,
   * listens; `'message'`: it calls `process.send('ready')`, which exists for that. For a program target only.
   * @default 'started'
   */
  readonly ready?: 'started' | 'listening' | 'message' | undefined;
  /**
   * How long the daemon may take to get ready, in ms; 0 waits for ever. Then it is killed, and the launcher gets a `StartTimeoutError`.
   * @default 90_000
   */
  readonly startTimeout?: number | undefined;
  /**
   * How long `run()` may take to end after SIGTERM, in ms, and how long `stop()` waits before it sends SIGKILL.
   * @default 10_000
   */
  readonly stopTimeout?: number | undefined;
}

/** The options as the code behind a daemon reads them, whatever its class and its arguments are. */
export interface GivenOptions extends CommonOptions {
  readonly target?: ((...args: unknown[]) => unknown) | URL | string | ProgramTarget | undefined;
  readonly kwargs?: object | undefined;
  readonly args?: readonly unknown[] | undefined;
}
