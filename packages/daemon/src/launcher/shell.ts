import { accessSync, constants } from 'node:fs';
import type { NodeCommand } from './node-command.ts';

const SHELL = '/bin/sh';

/**
 * Settings of the shell between launcher and daemon. Descriptors have their numbers in the shell. These are also the daemon's numbers,
 * except for `stdin`.
 */
export interface ShellOptions {
  /** The control socket; `null` without a monitor: then the shell does not wait either. */
  readonly control: number | null;
  /**
   * Descriptor that keeps the final stdin, because dash gives /dev/null as 0 to a background command. `null`: stdin is to be /dev/null.
   * `'inherited'`: no one-digit number was left, so the daemon is the shell's foreground command, and gets the shell's own 0.
   */
  readonly stdin: number | 'inherited' | null;
  /** Further descriptors that only pass through the shell. The lock among them would outlive the daemon by the shell's end. */
  readonly passing: readonly number[];
  readonly limitCore: boolean;
}

/**
 * The second fork of daemon(7), in front of `command`: a shell that leads the new session and has the daemon as its background child, so
 * that the daemon leads none and cannot get a controlling terminal. While it waits it knows how the daemon ended, which it tells before it
 * ends its process group, children of the stages included.
 * @returns `command` itself where there is no /bin/sh that this process may execute
 */
export function throughShell(command: NodeCommand, options: ShellOptions): NodeCommand {
  if (!hasShell()) return command;
  return { file: SHELL, args: ['-c', script(options), command.file, ...command.args] };
}

/** Whether there is a /bin/sh that this process may execute. */
export function hasShell(): boolean {
  try {
    accessSync(SHELL, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function script({ control, stdin, passing, limitCore }: ShellOptions): string {
  // Without -H and -S zsh leaves the hard limit as it was.
  const limit = limitCore ? 'ulimit -S -c 0; ulimit -H -c 0;' : '';
  const foreground = stdin === 'inherited';
  const input = typeof stdin === 'number' ? `<&${stdin} ${stdin}<&-` : '';
  const start = `${limit} "$0" "$@" ${input}${foreground ? ';' : ' &'}`;
  if (control === null) return start;
  // dash reads one digit only; a descriptor above 9 stays open here until the shell is gone, right after the daemon.
  const close = passing.filter((fd) => fd <= 9).map((fd) => `${fd}<&-`);
  const redirect = ['</dev/null >/dev/null 2>&1', ...close].join(' ');
  const tell = control <= 9 ? `printf '\\n{"type":"shell","status":%d}\\n' $s >&${control}; kill -9 0` : 'exit $s';
  const wait = foreground ? 's=$?;' : `p=$!; exec ${redirect}; wait $p; s=$?;`;
  return `${start} ${wait} trap '' PIPE; exec >/dev/null 2>&1; ${tell}`;
}
