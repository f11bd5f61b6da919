export { checkLease } from './check.ts';
export { takePart } from './take-part.ts';
