/** Another's reign, as far as a daemon tells of it. */
export interface LeaseStanding {
  readonly holder: string;
  readonly pid: number | null;
  readonly since: Date | null;
  readonly token: bigint;
}

/** The part of a `Lease` of `@daemonium/lease` that a daemon uses. This package loads that one only for daemons with a lease. */
export interface DaemonLease {
  readonly key: string;
  readonly holder: string;
  /** In ms. */
  readonly duration: number;
  /** The fencing token while this process leads. */
  readonly token: bigint | null;
  /** Time until the kernel ends this process if no renewal comes through, in ms; `Infinity` without a kill timer. */
  readonly killIn: number;
  readonly lost: AbortSignal;
  isLocked(): boolean;
  /** Loads the engine's client, while the process has its root directory and its user. */
  load(): Promise<void>;
  acquire(options: {
    readonly signal?: AbortSignal;
    readonly predecessor?: bigint | null;
    readonly onStandby?: (standing: LeaseStanding | null) => void;
  }): Promise<unknown>;
  seal(): Promise<unknown>;
  release(): Promise<void>;
  look(): Promise<LeaseStanding | null>;
}

/** A lease as data, for a module target, a program or a config file. The daemon makes the lease of it. */
export interface LeaseData {
  /** Its name in the cluster. */
  readonly key: string;
  readonly engine: 'postgres' | 'etcd';
  /**
   * The environment variable that holds the engine's URL; for etcd several, with commas between them, and user and password in the first. So no
   * password stands where the declaration does.
   */
  readonly urlFrom: string;
  /** In ms, as of `LeaseOptions` of `@daemonium/lease`, and so are the others. @default 15_000 */
  readonly duration?: number | undefined;
  readonly renewEvery?: number | undefined;
  readonly giveUp?: number | undefined;
  readonly killAt?: number | null | undefined;
  /** A name for people. @default the host's name */
  readonly holder?: string | undefined;
}
