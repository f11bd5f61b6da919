import { statusOfSignal } from '@daemonium/core/start';
import { INTERRUPTS } from '../internal/interrupts.ts';
import type { GivenOptions } from '../options/given-options.ts';
import { loadLogging } from '../options/logging.ts';
import { resolvePath } from '../options/paths.ts';
import type { Command } from './parse.ts';

/**
 * The files that a daemon's output and its logger go to: `stdout` and `stderr` that are paths, and those of a `fileLogger`, which is not opened for it.
 * @throws {OptionError} a path is none
 */
export async function logPaths(given: GivenOptions): Promise<readonly string[]> {
  const streams = (['stdout', 'stderr'] as const).flatMap((name) => {
    const value = given[name];
    return typeof value === 'string' || value instanceof URL ? [resolvePath(name, value)] : [];
  });
  const logging = await loadLogging({ logger: given.logger });
  const logger = logging?.isLogger(given.logger) === true ? logging.loggerPaths(given.logger) : [];
  return [...new Set([...streams, ...logger])];
}

/**
 * Shows the end of logs by the system's tail(1), which puts names in front where they are several.
 * @returns the exit code: tail's, or 128 and the number of the signal that ended it
 */
export async function showLogs(paths: readonly string[], { follow, lines }: Pick<Command, 'follow' | 'lines'>): Promise<number> {
  const { spawn } = process.getBuiltinModule('node:child_process');
  // -F, and not -f: it goes on with the new file after a rotation.
  const args = ['-n', String(lines), ...(follow ? ['-F'] : []), '--', ...paths];
  const tail = spawn('tail', args, { stdio: ['ignore', 'inherit', 'inherit'] });
  let interruptedBy: number | null = null;
  const listeners = Object.entries(INTERRUPTS).map(([signal, number]) => {
    const listener = () => {
      interruptedBy = number;
      tail.kill();
    };
    process.on(signal, listener);
    return () => process.off(signal, listener);
  });
  try {
    const code = await new Promise<number>((resolve, reject) => {
      tail.once('error', (cause) => reject(new Error(`tail(1) cannot be run: ${cause.message}`, { cause })));
      tail.once('close', (status) => resolve(status ?? 1));
    });
    return interruptedBy === null ? code : statusOfSignal(interruptedBy);
  } finally {
    for (const remove of listeners) remove();
  }
}
