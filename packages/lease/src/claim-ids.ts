import { randomHex } from '@daemonium/core/start';

/** Names for the claims of one lease, no two of them alike in the cluster. */
export class ClaimIds {
  #drawn: string | null = null;
  #count = 0;

  /** Draws the random part. To be called before a new root directory, which may have no /dev/urandom; node:crypto would take 2 MB. */
  draw(): string {
    this.#drawn ??= randomHex(16);
    return this.#drawn;
  }

  next(): string {
    return `${this.draw()}-${++this.#count}`;
  }
}
