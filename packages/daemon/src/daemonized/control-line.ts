import { closeSync, writeSync } from 'node:fs';
import type { Socket } from 'node:net';
import { ACK, CANCEL, encodeReport, type Report } from '../wire/report.ts';

/** The daemon's end of the control socket. */
export class ControlLine {
  readonly #fd: number;
  #socket: Socket | null = null;
  #open = true;
  #acknowledged = false;
  #cancelled = false;
  readonly #listeners = new Set<(acknowledged: boolean) => void>();

  constructor(fd: number) {
    this.#fd = fd;
    // Stages that wait for nothing are done before the first turn of the event loop, and node:net is loaded while the launcher hears of it.
    setImmediate(() => this.listen());
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

  /** Whether waiting for the launcher keeps this process alive. */
  hold(wanted: boolean): void {
    if (wanted) this.listen()?.ref();
    else this.#socket?.unref();
  }

  /** Hears the launcher from now on; by itself it does so at the first turn of the event loop. */
  listen(): Socket | null {
    if (this.#socket !== null || !this.#open) return this.#socket;
    const { Socket } = process.getBuiltinModule('node:net');
    this.#socket = new Socket({ fd: this.#fd, readable: true, writable: false });
    this.#socket.setEncoding('latin1').on('data', (text: string) => {
      this.#acknowledged = text.startsWith(ACK);
      this.#cancelled = text.startsWith(CANCEL);
      this.#close();
    });
    // The launcher keeps its side open as long as it lives, so the end means that it is gone.
    for (const event of ['end', 'error', 'close']) this.#socket.on(event, () => this.#close());
    this.#socket.unref();
    return this.#socket;
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    this.#socket?.destroy();
    for (const listener of this.#listeners) listener(this.#acknowledged);
    this.#listeners.clear();
  }
}

/** The payload's file, when nobody monitors: nothing more is to be read there. */
export function closePayload(fd: number): void {
  closeSync(fd);
}
