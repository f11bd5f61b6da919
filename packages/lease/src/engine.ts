/** The leader's entry, as every process can read it. */
export interface LeaseState {
  /** The name given with the option `holder`. */
  readonly holder: string;
  /** Name of the leader's host. Like `pid`, `since` and `info`, it is `null` until the holder has sealed the lease. */
  readonly host: string | null;
  /** Pid of the leader, on its own host. */
  readonly pid: number | null;
  /** When the reign began, by the holder's wall clock. */
  readonly since: Date | null;
  /** The fencing token: a number that grows with every reign. */
  readonly token: bigint;
  /** Time until the reign ends without a renewal, in ms, by the engine's clock. */
  readonly expiresIn: number;
  /** Data that the holder has given to `seal()`. */
  readonly info: Readonly<Record<string, string>> | null;
}

/** One reign. An engine may add data of its own: it gets back the very object that `take` returned, except in `drop`, which only has the token. */
export interface Reign {
  /** The fencing token: a number that grows with every reign. */
  readonly token: bigint;
}

/** The request of a process that wants to reign. */
export interface Claim {
  /** Name of the lease in the cluster. */
  readonly key: string;
  /** The name given with the option `holder`. */
  readonly holder: string;
  /** How long a reign lasts after its last renewal, in ms. An engine that cannot count so finely makes it longer. */
  readonly duration: number;
  /** Random, one for each {@link Lease.acquire}. It identifies a `take` that worked and whose answer was lost. */
  readonly id: string;
}

/** Data about the holder, which every process can read. */
export interface Seal {
  /** Name of the holder's host. */
  readonly host: string;
  /** Pid of the holder, on its own host. */
  readonly pid: number;
  /** When the reign began, by the clock of this host. */
  readonly since: Date;
  /** Data for the readers of `look()`. */
  readonly info: Readonly<Record<string, string>>;
}

/** The key is ours, or it is not; `standing` is `null` when another process was faster, and its reign is not known. */
export type Taking = { readonly reign: Reign } | { readonly standing: LeaseState | null };

/**
 * The store behind a lease. Many hosts agree on it, and a reign in it ends by itself. All other rules (deadlines, retries, waiting, the
 * kill timer) belong to {@link Lease}. Each call has `timeout` ms; a later result is of no use. A rejection means that nothing is known.
 * One engine may serve several leases.
 */
export interface LeaseEngine {
  /**
   * Begins a reign if none stands, or if the one that stands is this very claim's. The server must not carry out a claim that was given up:
   * then no process would reign for a whole duration.
   */
  take(claim: Claim, timeout: number): Promise<Taking>;
  /** Lets this reign last `duration` ms from now; `false` when it stands no more. It never matches by the holder's name. */
  renew(key: string, reign: Reign, duration: number, timeout: number): Promise<boolean>;
  /** Makes the seal readable; `false` when this reign stands no more. */
  seal(key: string, reign: Reign, seal: Seal, timeout: number): Promise<boolean>;
  /** Ends the reign with this token, and tells those that wait; `false` when it stands no more. */
  drop(key: string, reign: Reign, timeout: number): Promise<boolean>;
  /** The leader's entry; `null` without a reign. */
  look(key: string, timeout: number): Promise<LeaseState | null>;
  /**
   * Resolves when the reign that `take` refused for may be over. A hint: a lease looks again by itself after `renewEvery`, so an engine that has
   * no such thing may wait for the abort.
   */
  waitFree(key: string, standing: LeaseState, signal: AbortSignal): Promise<void>;
  /** Loads the modules that the first question would load. */
  load?(): Promise<void>;
  /** Closes all connections. A later call opens them again. */
  close(): Promise<void>;
  /** For stores with transactions of their own: the condition that the reign with this token stands. */
  compare?(key: string, token: bigint): Readonly<Record<string, string>>;
}
