import { closeSync, constants, openSync } from 'node:fs';
import { type Context, resolved } from '../context.ts';
import { closeEarly } from './stage1-arrive.ts';

/**
 * Stage 9: stdout and stderr become what the options say, or /dev/null; stdin has been what it is to be since the process began. What was
 * written before has reached the launcher. In the foreground only the streams that an option names are touched.
 */
export async function stage9StandardStreams(context: Context): Promise<void> {
  const { named, monitor, stdin } = resolved(context);
  const foreground = context.role === 'foreground';
  if (!foreground && !monitor) return closeEarly(context);
  await drained();
  if (foreground && named.includes(0)) await replaceStdin(stdin);
  for (const fd of [1, 2] as const) if (!foreground || named.includes(fd)) await replace(context, fd);
  closeEarly(context);
}

async function replace({ early }: Context, fd: 1 | 2): Promise<void> {
  const target = early?.targets.get(fd) ?? early?.null ?? null;
  if (target === null && isQuiet()) return void reopenNull(fd);
  const { dup2 } = await import('@daemonium/core/handover');
  const opened = target ?? openSync('/dev/null', constants.O_RDWR);
  dup2(opened, fd);
  if (target === null) closeSync(opened);
}

/** The lowest free number is what open(2) gives, so this is dup2(2) without loading it. */
function reopenNull(fd: number): void {
  closeSync(fd);
  openSync('/dev/null', constants.O_RDWR);
}

/** Requests that may open a descriptor in another thread, between our close and our open. */
const OPENERS = /^(FSReq|GetAddrInfo|GetNameInfo|DNS|QueryReq|Worker|MessagePort|FileHandle|StatWatcher|Process)/;

function isQuiet(): boolean {
  return !process.getActiveResourcesInfo().some((resource) => OPENERS.test(resource));
}

/** Node writes to a pipe when the pipe takes it; what is still waiting would go to the new target. */
async function drained(): Promise<void> {
  if (!process.getActiveResourcesInfo().some((resource) => resource.endsWith('WriteWrap'))) return;
  await Promise.all(
    [process.stdout, process.stderr].map((stream) => new Promise<void>((resolve) => void stream.write('', () => resolve()))),
  );
}

/** Only in the foreground, and only as long as nothing reads it: libuv aborts when a stdin in use is replaced underneath. */
async function replaceStdin(stdin: ReturnType<typeof resolved>['stdin']): Promise<void> {
  const { dup2 } = await import('@daemonium/core/handover');
  const { openInput } = await import('../options/input.ts');
  const opened = openInput(stdin);
  dup2(opened.fd, 0);
  if (opened.temporary) closeSync(opened.fd);
}
