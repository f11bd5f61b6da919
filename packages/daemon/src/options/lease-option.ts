/** Another's reign, as far as a daemon tells of it. */
export interface LeaseStanding {
  /** The name given with the option `holder`. */
  readonly holder: string;
  /** Pid of the leader, on its own host; `null` until it has sealed the lease. */
  readonly pid: number | null;
  /** When the reign began, by the clock of its host; `null` until the leader has sealed the lease. */
  readonly since: Date | null;
  /** The fencing token: a number that grows with every reign. */
  readonly token: bigint;
}

/** The part of a `Lease` of `@daemonium/lease` that a daemon uses. This package loads that one only for daemons with a lease. */
export interface DaemonLease {
  /** Its name in the cluster. */
  readonly key: string;
  /** The name of this process, for people. */
  readonly holder: string;
  /** How long a reign stands after its last renewal, in ms. */
  readonly duration: number;
  /** The fencing token while this process leads: a number that grows with every reign. */
  readonly token: bigint | null;
  /** Time until the kernel ends this process if no renewal comes through, in ms; `Infinity` without a kill timer. */
  readonly killIn: number;
  /** Aborts when this process has to end its work: no renewal came through in time, or another reign has begun. */
  readonly lost: AbortSignal;
  /** Whether this process leads. */
  isLocked(): boolean;
  /** Loads the engine's client, while the process has its root directory and its user. */
  load(): Promise<void>;
  /**
   * Waits until this process leads. `signal` ends the waiting; `predecessor` is the token of a reign whose process is proved dead;
   * `onStandby` is called with the reign that is waited for.
   * @throws {Error} `ERR_LEASE_FAILED`, `ERR_ALREADY_LEASED` of `@daemonium/lease`
   */
  acquire(options: {
    readonly signal?: AbortSignal;
    readonly predecessor?: bigint | null;
    readonly onStandby?: (standing: LeaseStanding | null) => void;
  }): Promise<unknown>;
  /**
   * Makes this process's pid and host readable for every process.
   * @throws {Error} `ERR_LEASE_FAILED`, `ERR_LEASE_LOST` of `@daemonium/lease`
   */
  seal(): Promise<unknown>;
  /**
   * Ends the reign, so that the next process need not wait for its end.
   * @throws {Error} `ERR_NOT_MY_LEASE`, `ERR_LEASE_FAILED` of `@daemonium/lease`
   */
  release(): Promise<void>;
  /**
   * Reads which process leads; `null` without a reign.
   * @throws {Error} `ERR_LEASE_FAILED` of `@daemonium/lease`
   */
  look(): Promise<LeaseStanding | null>;
}

/** A lease as data, for a module target, a program or a config file. The daemon makes the lease of it. */
export interface LeaseData {
  /** Its name in the cluster. */
  readonly key: string;
  /** The store of the lease. */
  readonly engine: 'postgres' | 'etcd';
  /**
   * The environment variable that holds the engine's URL; for etcd several, with commas between them, and user and password in the first. So no
   * password stands where the declaration does.
   */
  readonly urlFrom: string;
  /**
   * How long a reign stands after its last renewal, in ms.
   * @default 15_000
   */
  readonly duration?: number | undefined;
  /**
   * When the next renewal is sent, in ms after the last one.
   * @default duration / 5
   */
  readonly renewEvery?: number | undefined;
  /**
   * When the process ends its work without a renewal, in ms after the last one.
   * @default duration * 2 / 3
   */
  readonly giveUp?: number | undefined;
  /**
   * When the kernel ends the process without a renewal, in ms after the last one. `null`: no kill timer.
   * @default duration * 14 / 15
   */
  readonly killAt?: number | null | undefined;
  /**
   * A name for people.
   * @default the host's name
   */
  readonly holder?: string | undefined;
}
