import type { Program } from '../program/run-program.ts';
import type { Identity } from './identity.ts';
import type { LeaseData } from './lease-option.ts';
import type { ListenAddress } from './listen.ts';
import type { RespawnPlan } from './respawn.ts';
import type { SignalTable } from './signals.ts';
import type { ResolvedInput, ResolvedTarget } from './streams.ts';

/** The code that the daemon's process executes. */
export type Entry =
  /** The launcher's script again, up to the same start. */
  | { readonly kind: 'script' }
  /** One module, whose default export is called. */
  | { readonly kind: 'module'; readonly path: string }
  /** An ordinary program, once the stages are done. */
  | ({ readonly kind: 'program' } & Program);

/** How the daemon comes to its lease: by the object that the script makes again, or by data. */
export type LeasePlan = { readonly kind: 'object' } | { readonly kind: 'data'; readonly data: LeaseData };

/** The options with defaults, checked, and frozen. All of it is data: it crosses to the daemon as it is, but for the descriptors' numbers. */
export interface Plan {
  readonly entry: Entry;
  readonly args: readonly unknown[];
  readonly name: string;
  /** New `process.title`; `null` leaves it. */
  readonly title: string | null;
  readonly detach: boolean | 'auto';
  readonly workingDirectory: string;
  readonly rootDirectory: string | null;
  readonly umask: number;
  readonly preventCore: boolean;
  readonly identity: Identity | null;
  readonly inherit: readonly number[];
  /** Addresses on which the launcher listens for the daemon; `null`: the option is not given. */
  readonly listen: readonly ListenAddress[] | null;
  readonly signals: SignalTable;
  readonly stdin: ResolvedInput;
  readonly stdout: ResolvedTarget;
  readonly stderr: ResolvedTarget;
  /** The streams an option names: in the foreground the others stay as they are. */
  readonly named: readonly number[];
  readonly env: Readonly<Record<string, string | null>>;
  readonly monitor: boolean;
  readonly waitForReady: boolean;
  readonly startTimeout: number;
  readonly stopTimeout: number;
  readonly respawn: RespawnPlan | null;
  readonly lease: LeasePlan | null;
}
