import { closeSync } from 'node:fs';
import type { PidLockFile } from '@daemonium/core';
import type { ListenAddress } from '../options/listen.ts';
import type { Plan } from '../options/plan.ts';
import type { HandedSocket } from '../sockets/handed-socket.ts';
import { requestAddress, takesRequests } from '../sockets/request-address.ts';

type Sockets = typeof import('../sockets/entry.ts');

/** The listening sockets of a start, in a launcher or in a daemon that starts its successor. */
export interface StartSockets {
  /** The daemon's sockets, once they are open. */
  readonly opened: readonly HandedSocket[];
  /** The socket for requests of `upgrade()`. */
  readonly requests: HandedSocket | null;
  /** @throws {DaemonError} `EADDRINUSE`, `EACCES`, ...: nothing is left open */
  open(): Promise<void>;
  /** There is no daemon: nothing of the sockets stays. */
  discard(): void;
  /** The daemon has them. */
  forget(): void;
}

/** The listening sockets on their way from the launcher to the daemon; most starts have none, and load nothing for them. */
export class LauncherSockets implements StartSockets {
  readonly #addresses: readonly ListenAddress[];
  readonly #request: ListenAddress | null;
  #code: Sockets | null = null;
  /** The sockets of the option `listen`. */
  opened: readonly HandedSocket[] = [];
  /** The socket for requests of `upgrade()`. */
  requests: HandedSocket | null = null;

  constructor(plan: Pick<Plan, 'listen' | 'entry' | 'rootDirectory' | 'monitor'>, lock: PidLockFile | null) {
    this.#addresses = plan.listen ?? [];
    this.#request = lock !== null && takesRequests(plan) ? requestAddress(lock.path) : null;
  }

  /** @throws {DaemonError} `EADDRINUSE`, `EACCES`, ...: nothing is left open */
  async open(): Promise<void> {
    if (this.#addresses.length === 0 && this.#request === null) return;
    this.#code = await import('../sockets/entry.ts');
    this.opened = await this.#code.openSockets(this.#addresses);
    if (this.#request === null) return;
    // Without it the daemon does its work all the same, and upgrade() says why it cannot be asked.
    const [requests = null] = await this.#code.openSockets([this.#request]).catch(() => []);
    this.requests = requests;
  }

  /** There is no daemon: nothing of the sockets stays. */
  discard(): void {
    this.#code?.discardSockets(this.#take());
  }

  /** The daemon has them. */
  forget(): void {
    for (const { fd } of this.#take()) closeSync(fd);
  }

  #take(): readonly HandedSocket[] {
    const all = this.requests === null ? this.opened : [...this.opened, this.requests];
    this.opened = [];
    this.requests = null;
    return all;
  }
}
