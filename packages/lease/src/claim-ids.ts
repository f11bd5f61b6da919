import { randomHex } from '@daemonium/core/start';

/** Names for the claims of one lease, no two of them alike in the cluster. */
export class ClaimIds {
  #drawn: string | null = null;
  #count = 0;

  /** Draws what makes them unlike others. A new root directory may have no random numbers, and node:crypto, which has, takes 2 MB. */
  draw(): string {
    this.#drawn ??= randomHex(16);
    return this.#drawn;
  }

  next(): string {
    return `${this.draw()}-${++this.#count}`;
  }
}
