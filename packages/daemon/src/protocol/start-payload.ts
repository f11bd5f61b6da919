import type { HandedSocket } from '../sockets/handed-socket.ts';
import type { EncodedError } from './error-codec.ts';

/** A stream's target in the daemon; `fd` is a number there. */
export type CrossedTarget =
  | { readonly kind: 'null' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };

/** An open file that exec leaves open without being asked: its number, device and inode. */
export type StrayDescriptor = readonly [fd: number, dev: string, ino: string];

/** The things that a run of a respawned daemon needs to know of its shell. */
export interface Supervised {
  /** The run writes to it when it has been up for long enough. */
  readonly healthy: number;
  /** Descriptors of the shell's that it cannot close in front of a run. */
  readonly spare: readonly number[];
  /** The same of what later runs read the payload from. */
  readonly unread: number | null;
}

/** The daemon package's data that cross to the daemon. Descriptors have their numbers in the daemon. `Plan` is the checked options. */
export interface StartPayload<Plan = unknown> {
  readonly launcherPid: number;
  readonly className: string;
  readonly name: string;
  readonly method: string;
  readonly options: Plan;
  /** The constructor's options, without those that cannot cross: a module's subclass of Daemon is made with them. */
  readonly given: Readonly<Record<string, unknown>>;
  /** Descriptors that exec left open without being asked for; stage 8 closes them. */
  readonly strays: readonly StrayDescriptor[];
  /** The descriptor of the final stdin is 0 from the start; those of stdout and stderr wait until stage 9. */
  readonly streams: Readonly<Record<1 | 2, CrossedTarget>>;
  /** The sockets that the launcher listens on for the daemon. */
  readonly sockets: readonly HandedSocket[];
  /** The socket beside the pid file, for requests of `upgrade()`. */
  readonly requests: HandedSocket | null;
  /** The launcher's working directory, where a successor begins, too. */
  readonly directory: string;
  /** The launcher sends a signal with each of its words. */
  readonly wakes: boolean;
  /** The launcher listens for a while after the release, and wants to know how the daemon ends. */
  readonly lingers: boolean;
  /** The shell on the way has set RLIMIT_CORE. */
  readonly coreLimited: boolean;
  /** With `respawn`. */
  readonly supervised: Supervised | null;
  /** The descriptor of the state file, with a lease and a pid file. */
  readonly stateFile: number | null;
  /** The service manager that starts the predecessor again after exit code 75 does so with the successor, too. */
  readonly comesBack: boolean;
  /** The calls that the launcher's script made before this start. */
  readonly history: readonly JournalEntry[];
  /** Questions of the launcher's script before the start: status(), kill(), ... */
  readonly queries: readonly JournalEntry[];
}

/** One call of the launcher's script, and how it settled. */
export interface JournalEntry {
  readonly method: string;
  readonly className: string;
  readonly name: string;
  readonly outcome?: Outcome;
}

export type Outcome = { readonly value: unknown } | { readonly error: EncodedError };
