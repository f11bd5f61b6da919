import type { GivenOptions } from './given-options.ts';

/** The pino-free part of @daemonium/logging; `null` as long as no option needs it. */
export type Logging = typeof import('@daemonium/logging/logger-fds') | null;

/** Loads it where there may be a logger among the options; the usual start does without. */
export async function loadLogging({ logger, inheritFiles }: GivenOptions): Promise<Logging> {
  const wanted = (logger !== undefined && logger !== null) || inheritFiles !== undefined;
  return wanted ? import('@daemonium/logging/logger-fds') : null;
}
