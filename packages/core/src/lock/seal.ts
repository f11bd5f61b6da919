import { ftruncateSync, writeSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { LockError, LockFailedError, NotMyLockError } from '../errors/lock-errors.ts';
import { OptionError } from '../errors/option-error.ts';
import { alreadyMine } from './acquire.ts';
import { acquireNow } from './acquire-now.ts';
import { assertStill } from './adopt.ts';
import { formatRecord, isPid, parseRecord, readText } from './record.ts';
import { release } from './release.ts';
import { forget, type Hold, type LockState } from './state.ts';
import { closeWriter, writerOf } from './writer.ts';

/** Writes the pid into the locked file, which is acquired first if need be, and then given back if the write fails. */
export function seal(state: LockState, pid: unknown = process.pid): void {
  if (!isPid(pid))
    throw new OptionError('pid', 'an integer from 1 to 2147483647', pid, typeof pid === 'number' ? 'ERR_OPTION_RANGE' : undefined);
  if (state.pid !== null) throw alreadyMine(state);
  const acquiredHere = state.hold === null;
  const hold = state.hold ?? acquireNow(state);
  try {
    write(state, hold, pid);
  } catch (error) {
    if (acquiredHere && state.hold !== null) release(state);
    throw error instanceof LockError ? error : new LockFailedError(state.path, error, 'seal');
  }
  state.pid = pid;
  state.holds = 1;
}

function write(state: LockState, hold: Hold, pid: number): void {
  const stat = still(state, hold);
  if (stat.nlink === 0) {
    throw new NotMyLockError(state.path, 'the file was removed or replaced while the lock was held, so another process may hold a new one');
  }
  if (hold.late === true) return;
  if (hold.word === 'launcher') {
    assertNamed(state, hold, pid);
    return;
  }
  const writer = writerOf(state, hold);
  if (stat.size > 0) ftruncateSync(writer, 0);
  const record = formatRecord(pid);
  try {
    // One write, at the beginning: a reader sees nothing or all of it.
    if (writeSync(writer, record, 0, 'latin1') !== record.length)
      throw errnoError('ENOSPC', 'no space left on device', { syscall: 'write' });
  } catch (error) {
    ftruncateSync(writer, 0);
    throw error;
  }
  // Neither this process, if it is broken into, nor its children find a descriptor to write the file through.
  closeWriter(hold);
}

/** The launcher has written it, by the kernel's word; this process could not write another one if it wanted to. */
function assertNamed({ path }: LockState, { fd }: Hold, pid: number): void {
  const text = readText(fd);
  if (parseRecord(text) === pid) return;
  const found = text === '' ? 'it is empty' : `it holds ${JSON.stringify(text)}`;
  throw new NotMyLockError(path, `the launcher was to write ${pid} to it, and ${found}`);
}

function still(state: LockState, hold: Hold): ReturnType<typeof assertStill> {
  try {
    return assertStill(state.path, hold);
  } catch (error) {
    forget(state);
    closeWriter(hold);
    throw error;
  }
}
