import { closeSync } from 'node:fs';
import { core, loadCore } from '../internal/core.ts';

/** A service manager that does not read its socket for so long is not waited for. In ms. */
const PATIENCE_MS = 1_000;
const RETRY_MS = 10;

/**
 * Tells the service manager that the daemon is the main process from now on, and can be used. To be called when the shell is reaped: systemd
 * takes a process that is nobody's child of its service for an alien, and would not wait for it at stop.
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
    // No such socket, no right to it, nobody there: a start does not fail because nobody listens to it.
  }
}

async function send(fd: number, message: string): Promise<void> {
  for (const end = performance.now() + PATIENCE_MS; ; ) {
    try {
      return core().sendDatagram(fd, message);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN' || performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}
