import { fixture } from '../helpers/sandbox.ts';

/** Options of a launcher that waits for the first turn of run() as long as that takes: a second is little on a busy machine. */
export const PATIENT = { execArgv: ['--import', fixture('patient-launcher')] };
