import { fstatSync } from 'node:fs';
import { isInternetSocket, type ProcessPlace, processPlace } from '@daemonium/core/start';
import { skipPackageManagers } from './package-managers.ts';

/** What shells call themselves; a script that is pid 1 goes by its own name. */
const SHELL = /^(ba|da|a|z|fi|k|mk|c|tc|yas)?sh$/;

/**
 * Whether `detach: 'auto'` stays in the foreground: somebody supervises this process, and waits for it and for no other.
 * On the usual way it reads nothing but the environment and what stdin is.
 */
export function isSupervised(env: NodeJS.ProcessEnv = process.env): boolean {
  const pid = String(process.pid);
  if (process.pid === 1 || env['SYSTEMD_EXEC_PID'] === pid || env['LISTEN_PID'] === pid || startedByInetd()) return true;
  const skipped = env['npm_lifecycle_event'] === undefined ? [] : skipPackageManagers(process.ppid);
  // Descendants inherit the variable, so it has to name one that merely passes on what it was started for.
  if (skipped.some((ancestor) => ancestor.pid === 1 || String(ancestor.pid) === env['SYSTEMD_EXEC_PID'])) return true;
  const last = skipped.at(-1);
  if ((last?.parent ?? process.ppid) !== 1) return false;
  const place = last ?? processPlace(process.pid);
  // Without a /proc the parent is all there is to know.
  return place === null || startedByInit(place);
}

/** A child of pid 1, and not one that pid 1 only took in, or that somebody at a terminal typed. */
function startedByInit({ pid, group, session, terminal }: ProcessPlace): boolean {
  const init = processPlace(1);
  if (init === null) return true;
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
