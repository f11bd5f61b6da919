import { closeSync, constants, openSync } from 'node:fs';
import { DaemonError } from '../errors.ts';
import { loadCore } from '../internal/core.ts';
import { outputDrained } from '../internal/output-drained.ts';
import type { Plan } from '../options/plan.ts';
import { closeTemporary, type OpenedStreams } from './opened-streams.ts';
import { othersMayOpen } from './other-threads.ts';
import { redirectTerminal } from './redirect-terminal.ts';
import { replaceStdin } from './replace-stdin.ts';

/**
 * Stage 9: leads stdout and stderr to the targets of the options, or to /dev/null; stdin has been final since the process began. Earlier
 * output has reached the launcher. In the foreground only the streams that an option names change.
 * @param opened the files that stage 1 has opened
 */
export async function stage9StandardStreams(
  opened: OpenedStreams | null,
  { named, monitor }: Pick<Plan, 'named' | 'monitor'>,
  isForeground: boolean,
): Promise<void> {
  if (opened === null) {
    throw new DaemonError('stage1() was overridden and did not call super.stage1(): nothing was opened for the standard streams', {
      stage: 9,
    });
  }
  // Output that still waits would go to the new target.
  await outputDrained();
  if (opened.stdin !== null) await replaceStdin(opened.stdin);
  const own = ([1, 2] as const).filter((fd) => !isForeground || named.includes(fd));
  // Without a monitor they are final from the spawn on.
  if (isForeground) for (const fd of own) await replaceTerminal(opened, fd);
  else if (monitor) await replace(opened, own);
  for (const fd of own) if (opened.targets.has(fd)) surviveErrors(fd);
  closeTemporary(opened);
}

async function replace({ targets, null: nothing }: OpenedStreams, fds: readonly (1 | 2)[]): Promise<void> {
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
 * open(2) gives the lowest free number, so this does what dup2(2) does without loading it, as long as no other thread opens a file.
 * @returns `false` when a lower number was free: a program that closed its own stdin, say
 */
function reopenNull(fd: number): boolean {
  closeSync(fd);
  const opened = openSync('/dev/null', constants.O_RDWR);
  if (opened !== fd) closeSync(opened);
  return opened === fd;
}

/** The disk may be full, or the reader gone: then output is lost, but the daemon does not end. */
function surviveErrors(fd: 1 | 2): void {
  streamOf(fd).on('error', () => {});
}

/**
 * Node writes to a terminal through a descriptor of its own, which stays the terminal's. So a stream that is in use must be led to the new
 * file.
 */
async function replaceTerminal(opened: OpenedStreams, fd: 1 | 2): Promise<void> {
  const wasTerminal = process.getBuiltinModule('node:tty').isatty(fd);
  await replace(opened, [fd]);
  if (!wasTerminal || !streamOf(fd).isTTY) return;
  redirectTerminal(streamOf(fd), fd);
}

function streamOf(fd: 1 | 2): NodeJS.WriteStream {
  return fd === 1 ? process.stdout : process.stderr;
}
