import { closeSync } from 'node:fs';
import { openRegular } from '../lock/record.ts';
import { hasCode } from '../posix/call.ts';
import { readState, stateFilePath } from './file.ts';

/** Every state file that a daemon or its shell writes begins like this. */
const OURS = /^(respawn|lease|step-down) |^\s*$/;

/** Whether the file at the path of a state file belongs to another program: a wrong path must not cost a file. */
export function isForeignState(pidFile: string): boolean {
  let fd: number;
  try {
    fd = openRegular(stateFilePath(pidFile));
  } catch (error) {
    return !hasCode(error, 'ENOENT');
  }
  try {
    return !OURS.test(readState(fd));
  } finally {
    closeSync(fd);
  }
}
