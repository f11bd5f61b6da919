import { closeSync, fstatSync, statSync } from 'node:fs';
import { core } from '../internal/core.ts';

const SOCKET = '/dev/log';
/** Facility daemon (3) and severity err (3), as one number: RFC 3164, 4.1.1. */
const DAEMON_ERR = 3 * 8 + 3;
/** rsyslog's default for a message, in bytes. */
const MESSAGE_MAX = 8_000;

/** Writes one message to the system's log, as daemon.err. Without a syslog daemon, or from a jail, nothing happens. */
export function toSyslog(tag: string, message: string): void {
  try {
    const socket = core().connectUnixDatagram(SOCKET);
    try {
      core().sendDatagram(socket, `<${DAEMON_ERR}>${tag}[${process.pid}]: ${message}`.slice(0, MESSAGE_MAX));
    } finally {
      closeSync(socket);
    }
  } catch {
    // Last words need a listener; without one there is no other place for them.
  }
}

/** Whether stderr is /dev/null, so that its output is lost. */
export function stderrIsNull(): boolean {
  try {
    const stderr = fstatSync(2, { bigint: true });
    return stderr.isCharacterDevice() && stderr.rdev === statSync('/dev/null', { bigint: true }).rdev;
  } catch {
    // A jail without /dev/null: stage 9 has put it at 2 all the same, unless it is a terminal.
    return !process.getBuiltinModule('node:tty').isatty(2);
  }
}
