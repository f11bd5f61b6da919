import { PidFileUnreadableError } from '../errors/lock-errors.ts';
import { parseRecord, readRecord } from '../lock/record.ts';
import { type PidFilePathOptions, pidFilePath } from './path.ts';

/**
 * The pid in a pid file, whether that process runs or not: before anything is signalled, the holder of the lock has to be proved.
 * @param name as for {@link pidFilePath}
 * @returns `null` when the file is missing or empty
 * @throws {PidFileUnreadableError} there is something else in it, or it cannot be read
 */
export function getPid(name?: string, options?: PidFilePathOptions): number | null {
  const path = pidFilePath(name, options);
  const reading = readRecord(path);
  if ('missing' in reading) return null;
  if ('unreadable' in reading) {
    const { unreadable: cause } = reading;
    throw new PidFileUnreadableError(path, cause instanceof Error ? cause.message : String(cause), { cause });
  }
  if (reading.text === '') return null;
  const pid = parseRecord(reading.text);
  if (pid === null) throw new PidFileUnreadableError(path, 'it holds something other than one decimal pid');
  return pid;
}
