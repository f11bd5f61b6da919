import { closeSync } from 'node:fs';
import type { StartSockets } from '../launcher/launcher-sockets.ts';
import type { ListenAddress } from '../options/listen.ts';
import { discardSockets, openSockets } from '../sockets/entry.ts';
import type { HandedSocket } from '../sockets/handed-socket.ts';

/** The sockets on their way to a successor: this daemon goes on with its own, whatever becomes of the start. */
export class SuccessorSockets implements StartSockets {
  readonly #kept: readonly HandedSocket[];
  readonly #missing: readonly ListenAddress[];
  readonly requests: HandedSocket | null;
  #opened: readonly HandedSocket[] = [];

  constructor(kept: readonly HandedSocket[], missing: readonly ListenAddress[], requests: HandedSocket | null) {
    this.#kept = kept;
    this.#missing = missing;
    this.requests = requests;
  }

  get opened(): readonly HandedSocket[] {
    return [...this.#kept, ...this.#opened];
  }

  async open(): Promise<void> {
    if (this.#missing.length > 0) this.#opened = await openSockets(this.#missing);
  }

  discard(): void {
    discardSockets(this.#opened);
    this.#opened = [];
  }

  forget(): void {
    for (const { fd } of this.#opened) closeSync(fd);
    this.#opened = [];
  }
}
