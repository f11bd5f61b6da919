import { closeSync } from 'node:fs';
import { core, loadCore } from '../internal/core.ts';

/** A service manager that does not read its socket for so long is not waited for. In ms. */
const LONGEST_QUEUE_WAIT_MS = 1_000;
const RETRY_MS = 10;

/**
 * Tells the service manager that the daemon is the main process from now on, and can be used. Call it after the shell is reaped: until then
 * the daemon is no child of systemd itself, and systemd would not wait at stop for such a main process.
 * @see https://man7.org/linux/man-pages/man3/sd_notify.3.html
 */
export async function notifyStarted(pid: number): Promise<void> {
  const socket = process.env['NOTIFY_SOCKET'] ?? '';
  if (socket === '') return;
  try {
    await loadCore();
    const fd = core().connectUnixDatagram(socket);
    try {
      await send(fd, `READY=1\nMAINPID=${pid}`);
    } finally {
      closeSync(fd);
    }
  } catch {
    // The socket is missing, closed or not permitted: a start does not fail for lack of a listener.
  }
}

async function send(fd: number, message: string): Promise<void> {
  for (const end = performance.now() + LONGEST_QUEUE_WAIT_MS; ; ) {
    try {
      return core().sendDatagram(fd, message);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
