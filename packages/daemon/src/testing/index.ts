export { type Fault, type FaultPlan, misbehave, parseFaultPlan } from './fault.ts';
export { type DaemonClass, faulty } from './faulty.ts';
export { type GoneOptions, untilGone } from './gone.ts';
export { type Leftovers, trackLeftovers } from './leftovers.ts';
export type { FaultPlace, Stage } from './places.ts';
