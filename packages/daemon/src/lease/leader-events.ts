/** Events of the lease that the daemon acts on. */
export interface LeaderEvents {
  /** This process leads from now on. */
  lead(token: bigint): void;
  /** State in words, for the service manager. */
  status(text: string): void;
  /** The work must end: the reign is over, or can never begin. */
  lost(reason: Error): void;
  /** A failure without consequences, for the log. */
  trouble(error: unknown): void;
}
