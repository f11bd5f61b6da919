import { closeSync } from 'node:fs';
import type { LeaseRecord } from '@daemonium/core/handover';
import { core } from '../internal/core.ts';

const OURS = /^(lease|step-down) /;

/** This process's record of its lease in its state file, and requests that others write there. */
export class LeaseNotes {
  /** Descriptor of the state file. */
  readonly fd: number;
  readonly #pidFile: string;
  /** The record of the last process that had this pid file. */
  readonly predecessor: LeaseRecord | null;
  /** Whether that process has ended: after an upgrade it may still be at work. The answer is from before a new root directory hides /proc. */
  readonly isPredecessorGone: boolean;

  constructor(fd: number, pidFile: string) {
    this.fd = fd;
    this.#pidFile = pidFile;
    this.predecessor = core().parseLeaseRecord(core().readState(fd));
    this.isPredecessorGone = this.predecessor !== null && core().isWriterGone(this.predecessor);
  }

  write(record: LeaseRecord): void {
    core().writeState(this.fd, `${this.#othersLines()}${core().formatLeaseRecord(record)}`);
  }

  asksToStepDown(record: LeaseRecord): boolean {
    return core().asksToStepDown(core().readState(this.fd), record);
  }

  /**
   * Removes this process's record. A file with a shell's line is the shell's to remove; and a process that has given up root may not remove
   * any.
   */
  clear(): void {
    const others = this.#othersLines();
    core().writeState(this.fd, others);
    if (others === '') core().removeStateOf(this.#pidFile, this.fd);
    closeSync(this.fd);
  }

  /** The shell's line is the first, and stays where and as long as it is. */
  #othersLines(): string {
    const lines = core().readState(this.fd).split('\n');
    return lines.flatMap((line) => (line === '' || OURS.test(line) ? [] : `${line}\n`)).join('');
  }
}
