/** The leader's entry, as every process can read it. */
export interface LeaseState {
  /** The name given with the option `holder`. */
  readonly holder: string;
  /** `null`, like `pid`, `since` and `info`, until the holder has sealed it. */
  readonly host: string | null;
  readonly pid: number | null;
  /** When the reign began, by the holder's wall clock. */
  readonly since: Date | null;
  /** The fencing token: grows with every reign. */
  readonly token: bigint;
  /** Time until the reign ends without a renewal, in ms, by the engine's clock. */
  readonly expiresIn: number;
  readonly info: Readonly<Record<string, string>> | null;
}

/** One reign. An engine may add data of its own: it gets back the very object that `take` returned, except in `drop`, which only has the token. */
export interface Reign {
  readonly token: bigint;
}

/** The request of a process that wants to reign. */
export interface Claim {
  readonly key: string;
  readonly holder: string;
  /** How long a reign lasts after its last renewal, in ms. An engine that cannot count so finely makes it longer. */
  readonly duration: number;
  /** Random, one for each {@link Lease.acquire}. It identifies a `take` that worked and whose answer was lost. */
  readonly id: string;
}

/** Data about the holder, which every process can read. */
export interface Seal {
  readonly host: string;
  readonly pid: number;
  readonly since: Date;
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
