import { closeSync } from 'node:fs';
import type { LeaseRecord } from '@daemonium/core/handover';
import { core } from '../internal/core.ts';

const OURS = /^(lease|step-down) /;

/** The process whose record is in the state file. At an upgrade it changes hands. */
type Owner = 'predecessor' | 'this' | 'successor';

/** This process's record of its lease in its state file, and requests that others write there. */
export class LeaseNotes {
  /** Descriptor of the state file. */
  readonly fd: number;
  readonly #pidFile: string;
  /** The record of the last process that had this pid file. */
  readonly predecessor: LeaseRecord | null;
  /** Whether that process has ended: after an upgrade it may still be at work. The answer is from before a new root directory hides /proc. */
  readonly isPredecessorGone: boolean;
  /** The last record, written or not. */
  #record: LeaseRecord | null = null;
  #isWritten = false;
  #owner: Owner;

  /** @param handedOver resolves when this process takes its predecessor's place; `null`: this is no upgrade */
  constructor(fd: number, pidFile: string, handedOver: Promise<void> | null) {
    this.fd = fd;
    this.#pidFile = pidFile;
    this.#owner = handedOver === null ? 'this' : 'predecessor';
    void handedOver?.then(() => {
      this.#owner = 'this';
    });
    this.predecessor = core().parseLeaseRecord(core().readState(fd));
    this.isPredecessorGone = this.predecessor !== null && core().isWriterGone(this.predecessor);
  }

  get isOurs(): boolean {
    return this.#owner === 'this';
  }

  write(record: LeaseRecord): void {
    this.#record = record;
    if (this.isOurs) this.#put(record);
  }

  /**
   * Leaves the file to a successor that is about to become the daemon. Its first word may never come, and the next start may be one that cannot see
   * this process: from now on no record lets it end this reign by its token.
   */
  handOn(): void {
    if (this.#record?.state === 'leading') this.#put({ ...this.#record, state: 'standby' });
    this.#owner = 'successor';
  }

  /** The successor did not become the daemon. */
  takeBack(): void {
    if (this.#owner !== 'successor') return;
    this.#owner = 'this';
    if (this.#record !== null) this.#put(this.#record);
  }

  /** Whether this process is asked to step down, in the reign of its last record. */
  asksToStepDown(): boolean {
    return this.#record !== null && core().asksToStepDown(core().readState(this.fd), this.#record);
  }

  /** This process has stepped down. The next one on this host waits until then, by CLOCK_BOOTTIME, in ms. */
  yieldUntil(until: number): void {
    if (this.#record !== null) this.write({ ...this.#record, state: 'yielded', until });
  }

  /**
   * Removes this process's record. A file with a shell's line is the shell's to remove; and a process that has given up root may not remove
   * any.
   */
  clear(): void {
    if (!this.isOurs) return;
    const others = this.#othersLines();
    core().writeState(this.fd, others);
    if (others === '') core().removeStateOf(this.#pidFile, this.fd);
    closeSync(this.fd);
  }

  #put(record: LeaseRecord): void {
    const text = `${this.#othersLines()}${core().formatLeaseRecord(record)}`;
    // Requests in the file before the first record are for processes that have ended.
    if (this.#isWritten) core().writeState(this.fd, text);
    else core().writeWholeState(this.fd, text);
    this.#isWritten = true;
  }

  /** The shell's line is the first, and stays where and as long as it is. */
  #othersLines(): string {
    const lines = core().readState(this.fd).split('\n');
    return lines.flatMap((line) => (line === '' || OURS.test(line) ? [] : `${line}\n`)).join('');
  }
}
