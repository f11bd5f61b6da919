import type { PidLockFile, ServableSignal } from '@daemonium/core';
import type { LoggerLike } from '@daemonium/logging/logger-fds';
import type { DaemonLease, LeaseData } from './lease-option.ts';
import type { RespawnOptions } from './respawn-options.ts';

/** Anything with a descriptor: a stream, a `FileHandle`, a socket, a listening server. */
export type HasDescriptor =
  | { readonly fd: number }
  | { readonly _handle: { readonly fd: number } | null }
  | { readonly _handle?: { readonly fd: number } | null };

/** Target of a standard stream: a path (appended to), a descriptor of the launcher, or `null` for /dev/null. */
export type StreamTarget = string | URL | number | HasDescriptor | null;

/** Source of standard input. The daemon reads `content`, and then the end of the file. */
export type InputSource = StreamTarget | { readonly content: string | Uint8Array };

/** Any string, where these are the ones to propose. */
export type AnyOtherString = string & {};

/** A signal's meaning: the name of a method of the daemon, a function, or `null` to ignore it. */
export type SignalAction = 'terminate' | 'reload' | AnyOtherString | ((signal: NodeJS.Signals) => unknown) | null;

/** Signals, by name or number, and their meanings. Signals that a JavaScript handler cannot serve (SIGKILL, SIGSEGV) are not among them. */
export type SignalMap = { readonly [Signal in ServableSignal | number]?: SignalAction };

/** An ordinary Node.js program as the target: it runs as `node ...execArgv script ...argv` would run it, and need not know of this package. */
export interface ProgramTarget {
  /**
   * A path, relative to the launcher's working directory, or a `file:` URL. With `rootDirectory`, an absolute one inside of that.
   * @throws {OptionError} `ERR_OPTION_VALUE`: no such file
   */
  readonly script: string | URL;
  /**
   * Arguments of the program: `process.argv` from its third element on.
   * @default []
   * @throws {OptionError} `ERR_OPTION_TYPE` unless an array of strings
   */
  readonly argv?: readonly string[] | undefined;
  /**
   * Flags of Node itself, after the launcher's own. In the foreground the process has to have them already.
   * @default []
   * @throws {OptionError} `ERR_OPTION_TYPE` unless an array of strings; `ERR_OPTION_VALUE`: Node does not run a script with them
   */
  readonly execArgv?: readonly string[] | undefined;
}

/**
 * Address of a listening socket: a port on all addresses, `'host:port'` (`'[::1]:80'` for IPv6), the absolute path of a Unix socket, or an
 * object. `name` is the name in `daemon.sockets` (default `'unknown'`), `backlog` as in listen(2) (default 511), `mode` the octal mode of
 * the socket's file (default 0o600).
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
  /**
   * Absolute path to chroot(2) into. Needs root.
   * @default none: the launcher's root
   * @throws {OptionError} `ERR_OPTION_VALUE`: no absolute path, no such directory, or the launcher is not root
   * @see https://man7.org/linux/man-pages/man2/chroot.2.html
   */
  readonly rootDirectory?: string | URL | undefined;
  /**
   * File mode creation mask, an octal mode from 0 to 0o777.
   * @default 0o077
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE`
   * @see https://man7.org/linux/man-pages/man2/umask.2.html
   */
  readonly umask?: number | undefined;
  /**
   * Set RLIMIT_CORE to 0 bytes, hard and soft: no core dumps.
   * @default true
   * @see https://man7.org/linux/man-pages/man2/getrlimit.2.html
   */
  readonly preventCore?: boolean | undefined;
  /**
   * User by name or uid, or `'auto'`: the real user id. Changing it needs root.
   * @default none: no change
   * @throws {OptionError} `ERR_OPTION_VALUE`: no such user, or not permitted; `ERR_OPTION_RANGE`: no uid
   * @see https://man7.org/linux/man-pages/man2/setuid.2.html
   */
  readonly user?: 'auto' | AnyOtherString | number | undefined;
  /**
   * Group by name or gid, or `'auto'`: the real group id.
   * @default with `user` the user's own group; otherwise none: no change
   * @throws {OptionError} `ERR_OPTION_VALUE`: no such group, or not permitted; `ERR_OPTION_RANGE`: no gid
   * @see https://man7.org/linux/man-pages/man2/setgid.2.html
   */
  readonly group?: 'auto' | AnyOtherString | number | undefined;
  /**
   * Give the daemon the user's supplementary groups. `false` leaves it its group alone.
   * @default true when `user` is given
   * @see https://man7.org/linux/man-pages/man3/initgroups.3.html
   */
  readonly initGroups?: boolean | undefined;
  /**
   * The pid file: the launcher takes its lock, the daemon writes its pid to it and holds the lock as long as it lives.
   * @default none; `control()` gives the daemon one, unless this is `null`
   * @throws {OptionError} `ERR_OPTION_TYPE`: neither a path, a `file:` URL nor a `PidLockFile`
   */
  readonly pidFile?: string | URL | PidLockFile | null | undefined;
  /**
   * Files that stay open, under the same numbers: descriptors, objects that have one, listening servers, pino loggers.
   * @default none: stage 8 closes all files that exec left open
   * @throws {OptionError} `ERR_OPTION_TYPE`; `ERR_OPTION_RANGE`, `ERR_OPTION_VALUE`: no open descriptor, or a logger whose descriptors cannot cross
   */
  readonly inheritFiles?: Iterable<number | HasDescriptor | object> | undefined;
  /**
   * Addresses on which the daemon listens. The launcher opens the sockets with its own rights, before the daemon gives these up. The daemon
   * finds the sockets in `sockets`, and so does every successor of `upgrade()`: for `upgrade()` alone, an empty array is enough. A program
   * target gets a socket when it calls `server.listen()` with the same address. Under systemd's socket activation, systemd's sockets are
   * used.
   * @default none: the program opens its own sockets
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE`: no address, the same one twice, or `monitor: false`; `ERR_OPTION_RANGE`: port, mode, backlog
   */
  readonly listen?: readonly ListenTarget[] | undefined;
  /**
   * Signal, by name or number, to method name, function or `null` (ignore). An entry goes over the default of its signal.
   * @default SIGTERM and SIGINT terminate, SIGHUP reloads; SIGTSTP, SIGTTIN and SIGTTOU are ignored
   * @throws {OptionError} `ERR_OPTION_VALUE`: no signal that a handler can serve, no such method, or a function with a module or program target
   * @see https://man7.org/linux/man-pages/man7/signal.7.html
   */
  readonly signalMap?: SignalMap | undefined;
  /**
   * Source of standard input: a path, a descriptor of the launcher, `{ content }`, or `null` for /dev/null.
   * @default null
   */
  readonly stdin?: InputSource | undefined;
  /**
   * Target of standard output from stage 9 on: a path (appended to, opened with the launcher's rights), a descriptor of the launcher, or
   * `null` for /dev/null.
   * @default null
   */
  readonly stdout?: StreamTarget | undefined;
  /**
   * Target of standard error, in the forms of `stdout`. If both name the same path, it is opened once.
   * @default null
   */
  readonly stderr?: StreamTarget | undefined;
  /**
   * A pino logger: stages at debug, failures at error, an uncaught error at fatal. Its descriptors stay open.
   * @default none: errors go to standard error
   * @throws {OptionError} `ERR_OPTION_TYPE`: no pino logger; `ERR_OPTION_VALUE`: a worker-thread transport
   */
  readonly logger?: LoggerLike | null | undefined;
  /**
   * Variables over those of `process.env`; `undefined` deletes one.
   * @default none: the launcher's environment
   * @throws {OptionError} `ERR_OPTION_TYPE`; `ERR_OPTION_VALUE`: a name with '=' or NUL
   */
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
   * How long the daemon may take to get ready, in ms; 0 waits for ever. Then it is killed, and the launcher gets a {@link
   * StartTimeoutError}.
   * @default 90_000
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless a number from 0
   */
  readonly startTimeout?: number | undefined;
  /**
   * How long `run()` may take to end after SIGTERM, in ms, and how long `stop()` waits before it sends SIGKILL.
   * @default 10_000
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_RANGE` unless a number from 0
   */
  readonly stopTimeout?: number | undefined;
  /**
   * Starts the daemon again when it has crashed. A shell stays as the daemon's parent, and holds the lock meanwhile; the pid file names
   * that shell. A start that fails is an error and never repeated. Needs `pidFile` and `monitor`. In the foreground it has no effect: there
   * the supervisor restarts the daemon.
   * @default false
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE`, `ERR_OPTION_RANGE`, `ERR_OPTION_UNKNOWN` of its parts; without a /bin/sh
   */
  readonly respawn?: boolean | RespawnOptions | undefined;
  /**
   * One daemon in a whole cluster: `run()` is called when this process leads; READY means that the process is up and standing by. A `Lease`
   * of `@daemonium/lease`, or its data `{ key, engine, urlFrom }`: only the data cross to a module or program target.
   * @default none: `run()` is called without asking a cluster
   * @throws {OptionError} `ERR_OPTION_TYPE`, `ERR_OPTION_VALUE`, `ERR_OPTION_UNKNOWN` of its parts
   */
  readonly lease?: DaemonLease | LeaseData | undefined;
}

/** The options as the code behind a daemon reads them, whatever its class and its arguments are. */
export interface GivenOptions extends CommonOptions {
  readonly target?: ((...args: unknown[]) => unknown) | URL | string | ProgramTarget | undefined;
  readonly kwargs?: object | undefined;
  readonly args?: readonly unknown[] | undefined;
}
