import { closeSync, writeSync } from 'node:fs';
import { adoptDescriptor } from './adopt.ts';
import { conditionOf, type OpenFile, type OpenOptions, openLogFile } from './open.ts';

/** What of a text is not in the file, and why. */
export interface Unwritten {
  readonly rest: Buffer;
  /** The rest begins in the middle of a line. */
  readonly torn: boolean;
  readonly error: unknown;
}

const NONE: OpenFile = { fd: -1, dev: -1, ino: -1 };
const NEWLINE = 10;

/** The file that is open for a path, under whatever number, until it is exchanged for the one that is there by then. */
export class CurrentFile {
  readonly #path: string;
  readonly #options: OpenOptions;
  #file: OpenFile = NONE;

  constructor(path: string, options: OpenOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** -1 while there is none. */
  get fd(): number {
    return this.#file.fd;
  }

  /** Takes over what the launcher opened for this path, or opens it. */
  open(): void {
    this.#file = adoptDescriptor(this.#path) ?? openLogFile(this.#path, this.#options);
  }

  /** As {@link conditionOf}; a number that was closed by somebody else is forgotten. */
  condition(): 'ours' | 'unlinked' | 'foreign' {
    const condition = conditionOf(this.#file);
    if (condition === 'foreign') this.#file = NONE;
    return condition;
  }

  /** Opens what is at the path by now, and only then leaves the file that was open. */
  exchange(): void {
    const next = openLogFile(this.#path, this.#options);
    this.close();
    this.#file = next;
  }

  close(): void {
    // A number that names another file by now is not ours to close.
    if (this.condition() !== 'foreign') closeSync(this.#file.fd);
    this.#file = NONE;
  }

  write(text: string): Unwritten | null {
    try {
      const written = writeSync(this.#file.fd, text);
      return written === Buffer.byteLength(text) ? null : this.writeBytes(Buffer.from(text), written);
    } catch (error) {
      return { rest: Buffer.from(text), torn: false, error };
    }
  }

  writeBytes(data: Buffer, from = 0): Unwritten | null {
    let written = from;
    try {
      while (written < data.length) written += writeSync(this.#file.fd, data, written);
      return null;
    } catch (error) {
      return { rest: data.subarray(written), torn: written > 0 && data[written - 1] !== NEWLINE, error };
    }
  }
}
