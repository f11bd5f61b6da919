import { closeSync, constants, openSync } from 'node:fs';
import { type Context, resolved } from '../context.ts';
import { DaemonError } from '../errors.ts';
import { loadCore } from '../wire/core.ts';
import { othersMayOpen } from './other-threads.ts';
import { closeEarly, type EarlyFiles } from './stage1-arrive.ts';
import { replaceStdin } from './stdin.ts';
import { redirectTerminal } from './terminal.ts';

/**
 * Stage 9: stdout and stderr become what the options say, or /dev/null; stdin has been what it is to be since the process began. What was
 * written before has reached the launcher. In the foreground only the streams that an option names are touched.
 */
export async function stage9StandardStreams(context: Context): Promise<void> {
  const { early } = context;
  if (early === null) {
    throw new DaemonError('stage1() was overridden and did not call super.stage1(): nothing was opened for the standard streams', {
      stage: 9,
    });
  }
  const { named, monitor } = resolved(context);
  const foreground = context.role === 'foreground';
  await drained();
  if (early.stdin !== null) await replaceStdin(early.stdin);
  const own = ([1, 2] as const).filter((fd) => !foreground || named.includes(fd));
  // Without a monitor they are final from the spawn on.
  if (foreground) for (const fd of own) await replaceTerminal(early, fd);
  else if (monitor) await replace(early, own);
  for (const fd of own) if (early.targets.has(fd)) surviveErrors(fd);
  closeEarly(context);
}

async function replace({ targets, null: nothing }: EarlyFiles, fds: readonly (1 | 2)[]): Promise<void> {
  let reopens = nothing === null && !fds.some((fd) => targets.has(fd)) && !(await othersMayOpen());
  for (const fd of fds) {
    reopens &&= reopenNull(fd);
    if (!reopens) await replaceBy(targets.get(fd) ?? nothing, fd);
  }
}

async function replaceBy(target: number | null, fd: 1 | 2): Promise<void> {
  const { dup2 } = await loadCore();
  const opened = target ?? openSync('/dev/null', constants.O_RDWR);
  dup2(opened, fd);
  if (target === null) closeSync(opened);
}

/**
 * The lowest free number is what open(2) gives, so this is dup2(2) without loading it, as long as no other thread opens anything.
 * @returns `false` when a lower number was free: a program that closed its own stdin, say
 */
function reopenNull(fd: number): boolean {
  closeSync(fd);
  const opened = openSync('/dev/null', constants.O_RDWR);
  if (opened !== fd) closeSync(opened);
  return opened === fd;
}

/** Node writes to a pipe when the pipe takes it; what is still waiting would go to the new target. */
async function drained(): Promise<void> {
  if (!process.getActiveResourcesInfo().some((resource) => resource.endsWith('WriteWrap'))) return;
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))),
  );
}

/** A full disk, a reader that went away: what a daemon cannot write is lost, and no reason to end. */
function surviveErrors(fd: 1 | 2): void {
  streamOf(fd).on('error', () => {});
}

/** To a terminal Node writes through a descriptor of its own, which stays the terminal's: a stream in use is led to the new file by hand. */
async function replaceTerminal(early: EarlyFiles, fd: 1 | 2): Promise<void> {
  const wasTerminal = process.getBuiltinModule('node:tty').isatty(fd);
  await replace(early, [fd]);
  if (!wasTerminal || !streamOf(fd).isTTY) return;
  redirectTerminal(streamOf(fd), fd);
}

function streamOf(fd: 1 | 2): NodeJS.WriteStream {
  return fd === 1 ? process.stdout : process.stderr;
}
