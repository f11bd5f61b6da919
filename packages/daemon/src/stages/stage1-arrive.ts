import { closeSync, constants, openSync } from 'node:fs';
import type { HandedDescriptor } from '@daemonium/core/start';
import { type Context, resolved } from '../context.ts';
import { openInput } from '../options/input.ts';
import { core, loadCore } from '../wire/core.ts';
import { openForAppending } from './open-for-appending.ts';

/** What stage 9 puts in place, opened while the rights and the paths of the launcher were there. */
export type EarlyFiles = NonNullable<Context['early']>;

/** Node marks what it inherits close-on-exec up to here, whatever gaps there are; above only up to the first gap. */
const HIGHEST_MARKED = 15;

export type StreamTargets = Readonly<
  Record<1 | 2, { readonly kind: 'null' } | { readonly kind: 'path'; readonly path: string } | { readonly kind: 'fd'; readonly fd: number }>
>;

/**
 * Stage 1 in the daemon: take over what crossed. The lock gets its object, and the files of the standard streams are opened as long as the
 * rights and the paths of the launcher are there.
 */
export async function stage1Arrive(context: Context, lock: HandedDescriptor | null, streams: StreamTargets): Promise<void> {
  const own = context.lock();
  // The script's own acquire() may have adopted it already.
  if (own !== null && lock !== null && !own.isLocked()) core().adoptLock(own, lock);
  for (const fd of resolved(context).inherit) if (fd > HIGHEST_MARKED) (await loadCore()).setCloseOnExec(fd);
  const crossed = Object.values(streams).flatMap((target) => (target.kind === 'fd' ? target.fd : []));
  context.early = openEarly(context, streams, crossed);
}

/** Stage 1 in the foreground: there is nothing to take over, but the files of the streams. */
export async function stage1Foreground(context: Context): Promise<void> {
  const { stdin, stdout, stderr, named } = resolved(context);
  const copies: number[] = [];
  const streams: Record<1 | 2, StreamTargets[1]> = { 1: stdout, 2: stderr };
  for (const fd of [1, 2] as const) {
    const target = streams[fd];
    if (target.kind !== 'fd' || target.fd > 2) continue;
    // stdout: 2 together with stderr: 1 swaps them, and putting one in place must not change the other.
    const { F_DUPFD, fcntl, setCloseOnExec } = await loadCore();
    const copy = fcntl(target.fd, F_DUPFD, 3);
    setCloseOnExec(copy);
    copies.push(copy);
    streams[fd] = { kind: 'fd', fd: copy };
  }
  const early = openEarly(context, streams, copies);
  const input = named.includes(0) ? openInput(stdin) : null;
  context.early = { ...early, stdin: input?.fd ?? null, temporary: [...early.temporary, ...(input?.temporary ? [input.fd] : [])] };
}

function openEarly(context: Context, streams: StreamTargets, temporary: readonly number[]): EarlyFiles {
  const { umask, identity, rootDirectory } = resolved(context);
  const paths = new Map<string, number>();
  const targets = new Map<1 | 2, number>();
  for (const fd of [1, 2] as const) {
    const target = streams[fd];
    if (target.kind === 'fd') targets.set(fd, target.fd);
    if (target.kind !== 'path') continue;
    const opened = paths.get(target.path) ?? openForAppending(target.path, 0o666 & ~umask);
    paths.set(target.path, opened);
    targets.set(fd, opened);
  }
  const confined = identity !== null || rootDirectory !== null;
  const nothing = confined && targets.size < 2 ? openSync('/dev/null', constants.O_RDWR) : null;
  return {
    stdin: null,
    null: nothing,
    targets,
    temporary: [...new Set([...temporary, ...paths.values(), ...(nothing === null ? [] : [nothing])])],
  };
}

/** Closes what stage 9 has put in place. */
export function closeEarly({ early }: Context): void {
  for (const fd of early?.temporary ?? []) closeSync(fd);
}
