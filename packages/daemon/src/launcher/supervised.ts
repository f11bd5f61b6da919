import { fstatSync } from 'node:fs';
import { isInternetSocket, type ProcessPlace, processPlace } from '@daemonium/core/start';
import { skipPackageManagers } from './package-managers.ts';

/**
 * Supervisors that wait for the very process they have started, and start it again when it is gone: runit, s6, daemontools, OpenRC,
 * supervisor. These are the kernel's names of them, 15 characters each. monit is not among them: it starts programs that detach.
 */
const SUPERVISORS: ReadonlySet<string> = new Set(['runsv', 's6-supervise', 'supervise', 'supervise-daemo', 'supervisord']);

/** Process names of shells. A script that is pid 1 has its own name. */
const SHELL = /^(ba|da|a|z|fi|k|mk|c|tc|yas)?sh$/;

/**
 * Whether `detach: 'auto'` stays in the foreground: a supervisor waits for this very process.
 * Usually it only reads the environment, the type of stdin, and the parent's name.
 */
export function isSupervised(env: NodeJS.ProcessEnv = process.env): boolean {
  const pid = String(process.pid);
  if (process.pid === 1 || env['SYSTEMD_EXEC_PID'] === pid || env['LISTEN_PID'] === pid || startedByInetd()) return true;
  const skipped = env['npm_lifecycle_event'] === undefined ? [] : skipPackageManagers(process.ppid);
  // Descendants inherit the variable, so the process that it names must be a package manager, which only passes the start on.
  if (skipped.some((ancestor) => ancestor.pid === 1 || String(ancestor.pid) === env['SYSTEMD_EXEC_PID'])) return true;
  const last = skipped.at(-1);
  const parent = last?.parent ?? process.ppid;
  if (parent !== 1) return SUPERVISORS.has(processPlace(parent)?.comm ?? '');
  const place = last ?? processPlace(process.pid);
  // Without a /proc the parent is all there is to know.
  return place === null || startedByInit(place, env);
}

/** Whether pid 1 itself started the process: not an orphan that pid 1 took in, and not a command typed at a terminal. */
function startedByInit({ pid, group, session, terminal }: ProcessPlace, env: NodeJS.ProcessEnv): boolean {
  const init = processPlace(1);
  if (init === null) return true;
  // All services of systemd have the variable. An orphan that it took in may lead a session, too (setsid -f).
  if (init.comm === 'systemd' && env['INVOCATION_ID'] === undefined) return false;
  // An orphan keeps the session of the shell it was started from.
  if (session !== init.session && session !== pid) return false;
  // A job has a group of its own on the shell's terminal. tini gives its child a group and the terminal, too, and is no shell.
  return !(SHELL.test(init.comm) && group === pid && terminal !== 0);
}

/** inetd hands over the connection, or the listening socket, as stdin; a parent's pipe is a unix socket at most. */
function startedByInetd(): boolean {
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    const stdin = fstatSync(0, { bigint: true });
    return stdin.isSocket() && isInternetSocket(stdin.ino);
  } catch {
    return false;
  }
}
