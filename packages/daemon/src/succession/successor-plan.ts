import { accessSync, constants } from 'node:fs';
import { isSameAddress } from '../internal/socket-address.ts';
import type { ListenAddress } from '../options/listen.ts';
import type { Plan } from '../options/plan.ts';
import type { ResolvedTarget } from '../options/streams.ts';
import type { Service } from '../service/service.ts';
import { type HandedSocket, isStillOpen } from '../sockets/handed-socket.ts';
import { type Origin, stillInherited } from './origin.ts';

/** The request of the caller of `upgrade()`. */
export interface Asked {
  /** Time-out in ms; `null`: the option `startTimeout`. */
  readonly timeout: number | null;
  readonly env: Readonly<Record<string, string | null>>;
}

/** The options of the successor: this daemon's, with the descriptors that are this process's now. */
export function successorPlan({ plan, role }: Service, origin: Origin, { timeout, env }: Asked): Plan {
  const isDaemon = role === 'daemon';
  const output = (fd: 1 | 2): ResolvedTarget => {
    const target = fd === 1 ? plan.stdout : plan.stderr;
    // A path is opened anew, unless this process has lost the right to do so.
    if (target.kind === 'path') return isWritable(target.path) ? target : { kind: 'fd', fd };
    return target.kind === 'null' && (isDaemon || plan.named.includes(fd)) ? target : { kind: 'fd', fd };
  };
  return {
    ...plan,
    detach: true,
    stdin: isDaemon ? { kind: 'fd', fd: 0 } : { kind: 'null' },
    stdout: output(1),
    stderr: output(2),
    inherit: stillInherited(origin),
    env: { ...plan.env, ...ofThisProcess(), ...env },
    startTimeout: timeout ?? plan.startTimeout,
  };
}

/**
 * Removes the variables in which a service manager names this process by its pid. The sockets reach the successor in another way. Without
 * WATCHDOG_PID, the successor keeps the watchdog quiet.
 */
function ofThisProcess(): Record<string, null> {
  const watchdog = process.env['WATCHDOG_PID'] === String(process.pid) ? { WATCHDOG_PID: null } : {};
  return { LISTEN_PID: null, LISTEN_FDS: null, LISTEN_FDNAMES: null, ...watchdog };
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** The sockets that are handed on, and the addresses of `listen` that have none any more, because the program has closed it. */
export function successorSockets({ plan, sockets }: Service): {
  readonly kept: readonly HandedSocket[];
  readonly missing: readonly ListenAddress[];
} {
  const handed = (sockets?.handed ?? []).filter(isStillOpen);
  const known = new Set(handed.map(({ ino }) => ino));
  const kept = [...handed, ...(sockets?.servers.sockets ?? []).filter(({ ino }) => !known.has(ino))];
  // A service manager's sockets replace the whole option.
  if (handed.some(({ address }) => address === null)) return { kept, missing: [] };
  const missing = (plan.listen ?? []).filter((wanted) => !kept.some(({ address }) => address !== null && isSameAddress(address, wanted)));
  return { kept, missing };
}
