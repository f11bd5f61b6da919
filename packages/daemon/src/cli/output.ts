import type { Daemon } from '../daemon.ts';
import { isDaemonProcess } from '../daemonized/arrival.ts';
import { print } from '../internal/print.ts';
import { whileSpinning } from './spinner.ts';

export function say(text: string): void {
  print(process.stdout, `${text}\n`);
}

export function complain(text: string): void {
  print(process.stderr, `${text}\n`);
}

/** The daemon runs this script, too, and has no terminal of its own. */
export function waiting<T>(what: string, daemon: Daemon, work: () => Promise<T>): Promise<T> {
  return isDaemonProcess ? work() : whileSpinning(what, daemon, work);
}
