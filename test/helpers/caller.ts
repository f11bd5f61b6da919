import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What makes the system calls of a process that are not Node's: core's addon, koffi, or nothing so far. With both, koffi, which is not to be loaded then. */
export type Caller = 'addon' | 'koffi' | null;

/** Core's addon for the running system; not there where there is no C compiler. */
export const addonFile = fileURLToPath(
  new URL(`../../packages/core/dist/syscall-${process.platform}-${process.arch}.node`, import.meta.url),
);

/** What makes them in these tests, which are run once with each. */
export const caller: Caller = existsSync(addonFile) ? 'addon' : 'koffi';

/** By the files that a process has mapped into its memory: the text of `/proc/PID/maps`. */
export function callerIn(maps: string): Caller {
  if (maps.includes('koffi.node')) return 'koffi';
  return /\/syscall-linux-\w+\.node/.test(maps) ? 'addon' : null;
}

export const callerOf = (pid: number): Caller => callerIn(readFileSync(`/proc/${pid}/maps`, 'latin1'));
