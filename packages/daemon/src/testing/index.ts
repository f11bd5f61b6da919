export { type Fault, type FaultPlan, misbehave, parseFaultPlan } from './fault.ts';
export { faulty } from './faulty.ts';
export { type GoneOptions, untilGone } from './gone.ts';
export { type Leftovers, trackLeftovers } from './leftovers.ts';
export type { FaultPlace } from './places.ts';
