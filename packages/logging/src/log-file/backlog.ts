import type { Unwritten } from './current-file.ts';

/** Limit of the lines in memory while the file cannot be written. It holds minutes of an ordinary daemon, and is little beside the daemon's RSS. */
const LIMIT_BYTES = 1024 * 1024;

const NEWLINE = 10;

/** Lines that wait for a file to become writable again, oldest first, and the number of those for which there was no room. */
export class Backlog {
  /** The error that stopped the writing, or the latest one. */
  error: unknown;
  /** Lines given up. */
  lost: number;
  #parts: Buffer[];
  #bytes: number;

  constructor({ rest, error }: Unwritten, lost = 0) {
    this.error = error;
    this.lost = lost;
    this.#parts = [rest];
    this.#bytes = rest.length;
  }

  add(text: string): void {
    const data = Buffer.from(text);
    // After the first lost line, all are lost: so there is one gap, and the record about it stands in its place.
    if (this.lost > 0 || this.#bytes + data.length > LIMIT_BYTES) {
      this.lost += lineCount(data);
      return;
    }
    this.#parts.push(data);
    this.#bytes += data.length;
  }

  get content(): Buffer {
    return Buffer.concat(this.#parts, this.#bytes);
  }

  get lines(): number {
    return lineCount(this.content);
  }

  /** Keeps the rest of a text whose beginning was written. */
  keep({ rest, error }: Unwritten): void {
    this.error = error;
    this.#parts = [rest];
    this.#bytes = rest.length;
  }
}

function lineCount(data: Buffer): number {
  let count = 0;
  for (let at = data.indexOf(NEWLINE); at !== -1; at = data.indexOf(NEWLINE, at + 1)) count++;
  return count;
}
