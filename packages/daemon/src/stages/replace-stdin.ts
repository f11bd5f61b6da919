import { createReadStream } from 'node:fs';
import { DaemonError } from '../errors.ts';
import { loadCore } from '../internal/core.ts';

/** Handles that `process.stdin` may have, if it is no file; and other streams, too. */
const HANDLES = /^(TTY|Pipe|TCPSocket)Wrap$/;

/**
 * Replaces stdin in the foreground, where it has been the terminal or a pipe: libuv would abort the process when it reads from a handle
 * that has become a file.
 * @throws {DaemonError} the program reads stdin already
 */
export async function replaceStdin(fd: number): Promise<void> {
  // Reading the property process.stdin creates the stream, so it is not read if the stream cannot exist yet.
  const made = process.getActiveResourcesInfo().some((resource) => HANDLES.test(resource));
  if (made && (process.stdin.readableFlowing !== null || process.stdin.listenerCount('readable') > 0)) {
    throw new DaemonError('stdin is in use already, and cannot be replaced: read it after start() or activate()', { stage: 9 });
  }
  const { dup2 } = await loadCore();
  dup2(fd, 0);
  if (made) renewStdin();
}

function renewStdin(): void {
  let stream: ReturnType<typeof createReadStream> | undefined;
  Object.defineProperty(process, 'stdin', {
    configurable: true,
    enumerable: true,
    get: () => {
      stream ??= createReadStream('', { fd: 0, autoClose: false });
      return stream;
    },
  });
}
