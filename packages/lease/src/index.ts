export type { Claim, LeaseEngine, LeaseState, Reign, Seal, Taking } from './engine.ts';
export { AlreadyLeasedError, LeaseError, LeaseFailedError, LeaseLostError, NotMyLeaseError } from './errors.ts';
export { Lease } from './lease.ts';
export type { AcquireOptions, LeaseOptions } from './options.ts';
