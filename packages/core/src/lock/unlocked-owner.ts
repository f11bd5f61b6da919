import { processAge } from '../posix/process-start.ts';
import { runsProgram } from '../posix/runs-program.ts';
import { parseRecord, readText } from './record.ts';

/** Both clocks are read in hundredths of a second. */
const SLACK_MS = 100;

/**
 * The live owner of an unlocked pid file, for `foreign: 'respect'`: a process of the same executable and main script that started before
 * the file was written. A pid alone proves nothing, it may have been given to another process since.
 */
export function unlockedOwner(fd: number, writtenMs: number): number | null {
  const pid = parseRecord(readText(fd));
  const script = process.argv[1];
  if (pid === null || pid === process.pid || script === undefined) return null;
  // Before the age is read: a pause between the two makes the process older, and not younger.
  const now = Date.now();
  const age = processAge(pid);
  if (age === null || now - age > writtenMs + SLACK_MS) return null;
  return runsProgram(pid, script) ? pid : null;
}
