import { closeSync } from 'node:fs';
import type { Context } from '../context.ts';
import { core, loadCore } from '../wire/core.ts';

/**
 * The service manager at the other end of NOTIFY_SOCKET. Whatever happens to it, the daemon goes on.
 * @see https://man7.org/linux/man-pages/man3/sd_notify.3.html
 */
interface Manager {
  readonly socket: string;
  fd: number | null;
  /** What its queue has not taken yet, oldest first. */
  readonly waiting: string[];
  retry: NodeJS.Timeout | undefined;
  reloading: boolean;
}

const managers = new WeakMap<Context, Manager | null>();

/** How long to wait for a place in the manager's queue, and how many messages at most, as one that stands still has to be no burden. */
const RETRY_MS = 10;
const WAITING_MAX = 16;

/** setInterval's limit: what is longer fires at once. */
const INTERVAL_MAX = 2 ** 31 - 1;

/** To be called while the socket can be reached: with other rights or another root directory its path may not be there any more. */
export async function connectManager(context: Context): Promise<void> {
  if (socketPath() !== '') await Promise.resolve(loadCore()).catch(() => {});
  managerOf(context);
}

/** The daemon takes its launcher's place as the main process, before that one is gone. */
export function notifyDetached(context: Context): void {
  tell(context, `MAINPID=${process.pid}`);
}

export function notifyReady(context: Context): void {
  tell(context, context.role === 'daemon' ? `READY=1\nMAINPID=${process.pid}` : 'READY=1');
  keepWatchdogQuiet(context);
}

export function notifyStopping(context: Context): void {
  tell(context, 'STOPPING=1');
}

/** Runs `reload` between the two messages of a reload; before READY there is nobody who waits for one. */
export function whileReloading(context: Context, reload: () => unknown): unknown {
  const manager = managerOf(context);
  if (manager === null || manager.reloading || !context.readySaid) return reload();
  manager.reloading = true;
  // The manager compares it with the time at which it asked, so that the READY of an earlier reload is not taken for this one's.
  tell(context, `RELOADING=1\nMONOTONIC_USEC=${process.hrtime.bigint() / 1000n}`);
  const reloaded = () => {
    manager.reloading = false;
    tell(context, 'READY=1');
  };
  let result: unknown;
  try {
    result = reload();
  } catch (error) {
    reloaded();
    throw error;
  }
  if (result instanceof Promise) return result.finally(reloaded);
  reloaded();
  return result;
}

/** As long as the event loop turns; unref'd, so that it keeps nothing going that has come to its end. */
function keepWatchdogQuiet(context: Context): void {
  const manager = managerOf(context);
  if (manager === null) return;
  const { WATCHDOG_USEC = '', WATCHDOG_PID = String(process.pid) } = process.env;
  if (WATCHDOG_PID !== String(process.pid) || !/^[1-9][0-9]{0,18}$/.test(WATCHDOG_USEC)) return;
  const half = Math.floor(Number(WATCHDOG_USEC) / 2000);
  // One that its queue does not take is followed by the next.
  setInterval(() => attempt(manager, 'WATCHDOG=1'), Math.min(Math.max(half, 1), INTERVAL_MAX)).unref();
}

function managerOf(context: Context): Manager | null {
  const known = managers.get(context);
  if (known !== undefined) return known;
  const socket = socketPath();
  const manager: Manager | null = socket === '' ? null : { socket, fd: null, waiting: [], retry: undefined, reloading: false };
  managers.set(context, manager);
  if (manager !== null) connect(manager);
  return manager;
}

function socketPath(): string {
  return process.env['NOTIFY_SOCKET'] ?? '';
}

function tell(context: Context, message: string): void {
  const manager = managerOf(context);
  if (manager === null) return;
  if (manager.waiting.length === 0 && attempt(manager, message)) return;
  manager.waiting.push(message);
  if (manager.waiting.length > WAITING_MAX) manager.waiting.shift();
  manager.retry ??= setInterval(() => flush(manager), RETRY_MS).unref();
}

function flush(manager: Manager): void {
  while (manager.waiting.length > 0) {
    if (!attempt(manager, manager.waiting[0] as string)) return;
    manager.waiting.shift();
  }
  clearInterval(manager.retry);
  manager.retry = undefined;
}

/** @returns `false` when it is worth to try again: the queue is full */
function attempt(manager: Manager, message: string): boolean {
  const wasConnected = manager.fd !== null;
  const outcome = send(manager, message);
  // It may have begun anew since then, under the same name.
  return outcome === 'gone' && wasConnected ? send(manager, message) !== 'full' : outcome !== 'full';
}

function send(manager: Manager, message: string): 'sent' | 'full' | 'gone' {
  if (manager.fd === null) connect(manager);
  if (manager.fd === null) return 'gone';
  try {
    core().sendDatagram(manager.fd, message);
    return 'sent';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return 'full';
    closeSync(manager.fd);
    manager.fd = null;
    return 'gone';
  }
}

function connect(manager: Manager): void {
  try {
    manager.fd = core().connectUnixDatagram(manager.socket);
  } catch {
    // No such socket, no right to it, nobody there, no koffi: a daemon does not fail because nobody listens to it.
  }
}
