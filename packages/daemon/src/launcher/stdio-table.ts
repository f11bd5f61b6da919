import type { ResolvedTarget } from '../options/streams.ts';
import { hasShell, type ShellOptions } from './shell.ts';

/** Argument of spawn(), one entry for each descriptor; a number is the launcher's descriptor. */
export type Stdio = Array<number | 'ignore' | 'pipe'>;

/** Gives every open file that crosses its number in the daemon. */
export class StdioTable {
  readonly stdio: Stdio = ['ignore', 'pipe', 'pipe'];
  /** Descriptors that only pass through the shell. */
  readonly passing: number[] = [];

  constructor(inherit: readonly number[]) {
    for (const fd of inherit) if (fd > 2) this.stdio[fd] = fd;
  }

  /** The lowest number that nothing has yet: high ones leak into the daemon's children, and dash reads one digit. */
  next(): number {
    let fd = 3;
    while (this.stdio[fd] !== undefined) fd += 1;
    return fd;
  }

  pass(what: number): number {
    const fd = this.next();
    this.stdio[fd] = what;
    this.passing.push(fd);
    return fd;
  }

  control(): number {
    const fd = this.next();
    this.stdio[fd] = 'pipe';
    return fd;
  }

  /** stdin is 0 from the start, and waits at another number because of the shell. */
  stdin(input: number | null): ShellOptions['stdin'] {
    if (input === null) return null;
    this.stdio[0] = input;
    const fd = this.next();
    if (fd > 9 || !hasShell()) return 'inherited';
    this.stdio[fd] = input;
    return fd;
  }

  target(fd: 1 | 2, target: ResolvedTarget, inherit: readonly number[]): ResolvedTarget {
    if (target.kind === 'fd') return { kind: 'fd', fd: this.pass(target.fd) };
    return target.kind === 'null' && inherit.includes(fd) ? { kind: 'fd', fd: this.pass(fd) } : target;
  }

  /** The numbers that are taken. */
  taken(): ReadonlySet<number> {
    return new Set(this.stdio.flatMap((entry, fd) => (entry === undefined ? [] : fd)));
  }

  /** Numbers in between keep the launcher's descriptors that are not close-on-exec. */
  filled(): Stdio {
    return Array.from(this.stdio, (entry) => entry ?? 'ignore');
  }
}
