import { call, hasCode } from './call.ts';
import { declare } from './libc.ts';
import { platform } from './platform.ts';
import { statFields } from './processes.ts';

const cGetsid = declare<(pid: number) => number>('int getsid(int pid)');

/**
 * `getsid(pid)`, where there is a /proc read from there, which needs no library.
 * @returns `null` when there is no such process
 * @throws {NodeJS.ErrnoException} `EPERM` on systems that keep other sessions secret
 * @see https://man7.org/linux/man-pages/man2/getsid.2.html
 */
export function sessionId(pid: number): number | null {
  if (platform() === 'linux') {
    const session = statFields(pid)?.[3];
    return session === undefined ? null : Number(session);
  }
  try {
    return call('getsid', () => cGetsid(pid));
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return null;
    throw error;
  }
}
