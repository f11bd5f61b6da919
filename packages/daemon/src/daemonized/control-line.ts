import { closeSync, readSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ACK, CANCEL, encodeReport, type Report, WAKE } from '../wire/report.ts';

/** How long a start may take without node:net being loaded for it, in ms; for so long the launcher's death can go unnoticed. */
const PATIENCE = 50;
/** The same from READY on, when its answer is all that is waited for. */
const PATIENCE_AT_READY = 10;

/** The daemon's end of the control socket. */
export class ControlLine {
  readonly #fd: number;
  readonly #shell = process.ppid;
  #socket: Socket | null = null;
  #arming: NodeJS.Immediate | undefined;
  #patience: NodeJS.Timeout | undefined;
  #held = false;
  #open = true;
  #acknowledged = false;
  #cancelled = false;
  readonly #listeners = new Set<(acknowledged: boolean) => void>();

  /** @param wakes the launcher sends {@link WAKE} with its ack, so most starts are over before anything has to listen */
  constructor(fd: number, wakes: boolean) {
    this.#fd = fd;
    if (wakes) process.on(WAKE, this.#woken);
    // The first timer of a process takes half a millisecond, and the usual start is at READY before the event loop turns.
    this.#arming = setImmediate(() => {
      if (wakes) this.#listenIn(this.#held ? PATIENCE_AT_READY : PATIENCE);
      else this.listen();
    });
  }

  /** The launcher lives and has not said that the start worked: what the start has taken is the launcher's to give back. */
  get isLaunchers(): boolean {
    return this.#open || this.#cancelled;
  }

  /** Writes one report, to its last byte, whatever becomes of this process right after. */
  send(report: Report): void {
    if (!this.#open) return;
    const bytes = encodeReport(report);
    for (let offset = 0; offset < bytes.length; ) {
      try {
        offset += writeSync(this.#fd, bytes, offset);
      } catch (error) {
        // Without a launcher there is nobody to tell; its end is noticed where it is waited for.
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
      }
    }
  }

  /** `true`: the launcher says that the start worked. `false`: it is gone without having said so. At most once. */
  onEnd(listener: (acknowledged: boolean) => void): void {
    if (this.#open) this.#listeners.add(listener);
    else listener(this.#acknowledged);
  }

  /** READY has been said: waiting for the answer keeps this process alive. */
  hold(): void {
    this.#held = true;
    if (this.#patience !== undefined) this.#listenIn(PATIENCE_AT_READY);
    this.#socket?.ref();
  }

  /** Hears the launcher from now on, and not only when it wakes this process. */
  listen(): void {
    if (this.#socket !== null || !this.#open) return;
    this.#stopWaiting();
    const { Socket } = process.getBuiltinModule('node:net');
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket.setEncoding('latin1').on('data', (text: string) => this.#heard(text));
    // The launcher keeps its side open as long as it lives, so the end means that it is gone.
    for (const event of ['end', 'error', 'close']) this.#socket.on(event, () => this.#close());
    if (!this.#held) this.#socket.unref();
  }

  /** What wakes is sent when the shell is dead and the ack is written, so this read waits for nothing. Until the shell is dead, anybody else's signal is none. */
  readonly #woken = (): void => {
    if (process.ppid === this.#shell) return;
    const byte = Buffer.alloc(1);
    try {
      this.#heard(byte.toString('latin1', 0, readSync(this.#fd, byte)));
    } catch {
      this.listen();
    }
  };

  #heard(text: string): void {
    this.#acknowledged = text === ACK;
    this.#cancelled = text === CANCEL;
    this.#close();
  }

  #listenIn(milliseconds: number): void {
    clearTimeout(this.#patience);
    this.#patience = setTimeout(() => this.listen(), milliseconds);
    if (!this.#held) this.#patience.unref();
  }

  #stopWaiting(): void {
    clearImmediate(this.#arming);
    clearTimeout(this.#patience);
    this.#patience = undefined;
    process.off(WAKE, this.#woken);
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#stopWaiting();
    if (this.#socket === null) closeSync(this.#fd);
    else this.#socket.destroy();
    for (const listener of this.#listeners) listener(this.#acknowledged);
    this.#listeners.clear();
  }
}

/** The payload's file, when nobody monitors: nothing more is to be read there. */
export function closePayload(fd: number): void {
  closeSync(fd);
}
