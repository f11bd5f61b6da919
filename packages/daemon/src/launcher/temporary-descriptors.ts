import { closeSync, constants, openSync } from 'node:fs';
import { openForAppending } from '@daemonium/core/start';
import { openInput } from '../options/input.ts';
import type { ResolvedInput, ResolvedTarget } from '../options/streams.ts';
import { streamMode } from '../stages/opened-streams.ts';
import type { Stdio } from './stdio-table.ts';

/** Descriptors opened for one crossing; closed here once the other side has them, or when it has come to nothing. */
export class TemporaryDescriptors implements Disposable {
  readonly #fds: number[] = [];

  add(fd: number): number {
    this.#fds.push(fd);
    return fd;
  }

  /** /dev/null */
  null(): number {
    return this.add(openSync('/dev/null', constants.O_RDWR));
  }

  [Symbol.dispose](): void {
    for (const fd of this.#fds.splice(0)) closeSync(fd);
  }
}

/** The descriptor that becomes 0 in the daemon. It cannot be changed later: libuv aborts when a stdin in use is replaced underneath. */
export function inputDescriptor(input: ResolvedInput, opened: TemporaryDescriptors): number | null {
  if (input.kind === 'null') return null;
  const { fd, temporary } = openInput(input);
  return temporary ? opened.add(fd) : fd;
}

/** Without a monitor, no process collects output: 1 and 2 are the final files from the start. */
export function finalStreams(streams: Record<1 | 2, ResolvedTarget>, stdio: Stdio, umask: number, opened: TemporaryDescriptors): void {
  for (const fd of [1, 2] as const) {
    const target = streams[fd];
    if (target.kind === 'null') stdio[fd] = 'ignore';
    else if (target.kind === 'fd') stdio[fd] = stdio[target.fd] as number;
    else stdio[fd] = opened.add(openForAppending(target.path, streamMode({ umask })));
  }
}
