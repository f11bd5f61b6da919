import { closeSync, constants, fstatSync, openSync, readSync, writeSync } from 'node:fs';
import { filePosition } from '@daemonium/core/start';
import { adoptDescriptor } from './adopt.ts';
import { conditionOf, type OpenFile, type OpenOptions, openLogFile } from './open.ts';

/** The part of a text that is not in the file, and the reason. */
export interface Unwritten {
  /** Whole lines: from the one that is missing or in the file by half. */
  readonly rest: Buffer;
  readonly error: unknown;
}

/** The end of a line without its newline, and how many lines are lost when another process writes on behind it. */
interface Tear {
  readonly at: number;
  readonly lines: 1 | 2;
}

const NONE: OpenFile = { fd: -1, dev: -1, ino: -1 };
const NEWLINE = 10;
const LINE_END = Buffer.from('\n');

/**
 * The open file of a path, until it is exchanged for the file that is at the path by then.
 *
 * Several processes may append to it. A write that fails in the middle of a line leaves half a line, and another process may write behind
 * it. So the line is written again as a whole, after a newline; later the file is read, to see whether the half line stayed apart.
 */
export class CurrentFile {
  readonly #path: string;
  readonly #options: OpenOptions;
  #file: OpenFile = NONE;
  /** The file may end in the middle of a line: after a failed write, and when it was just opened. */
  #endUnknown = false;
  /** End of a line of ours that has no newline yet; `null` when there is none. */
  #tear: Tear | null = null;
  #merged = 0;

  constructor(path: string, options: OpenOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** -1 while there is none. */
  get fd(): number {
    return this.#file.fd;
  }

  /** Takes over the file that the launcher opened for this path, if it did. */
  adopt(): boolean {
    const adopted = adoptDescriptor(this.#path);
    if (adopted === null) return false;
    this.#enter(adopted);
    return true;
  }

  /** @throws {LogFileError} */
  open(): void {
    this.#enter(openLogFile(this.#path, this.#options));
  }

  /** State of the file, see {@link conditionOf}. A descriptor that other code has closed is forgotten. */
  condition(): 'ours' | 'unlinked' | 'foreign' {
    const condition = conditionOf(this.#file);
    if (condition === 'foreign') this.#file = NONE;
    return condition;
  }

  /** Opens the file that is at the path by now, and only then closes the old one. */
  exchange(): void {
    const next = openLogFile(this.#path, this.#options);
    this.close();
    this.#enter(next);
  }

  close(): void {
    // A number that names another file by now is not ours to close.
    if (this.condition() !== 'foreign') {
      this.#endHalfLine();
      closeSync(this.#file.fd);
    }
    this.#file = NONE;
  }

  /** Appends whole lines. */
  write(lines: string): Unwritten | null {
    if (this.#endUnknown) return this.writeBytes(Buffer.from(lines));
    try {
      const written = writeSync(this.#file.fd, lines);
      return written === Buffer.byteLength(lines) ? null : this.#write(Buffer.from(lines), written);
    } catch (error) {
      return this.#failed(Buffer.from(lines), 0, error);
    }
  }

  writeBytes(lines: Buffer): Unwritten | null {
    const newline = this.#endUnknown && this.#endsInLine();
    return this.#write(newline ? Buffer.concat([LINE_END, lines]) : lines, 0, newline ? LINE_END.length : 0);
  }

  /** How many lines were lost, at most, as another process wrote on behind a tear of ours, since the last call. */
  takeMerged(): number {
    const merged = this.#merged;
    this.#merged = 0;
    return merged;
  }

  #enter(file: OpenFile): void {
    this.#file = file;
    this.#endUnknown = true;
    this.#tear = null;
  }

  /** @param prefix how many bytes at the beginning of `data` are not the caller's */
  #write(data: Buffer, from: number, prefix = 0): Unwritten | null {
    let written = from;
    try {
      while (written < data.length) written += writeSync(this.#file.fd, data, written);
    } catch (error) {
      if (written > 0) this.#lookAtTear(written);
      return this.#failed(data, written, error, prefix);
    }
    this.#lookAtTear(written);
    this.#endUnknown = false;
    return null;
  }

  #failed(data: Buffer, written: number, error: unknown, prefix = 0): Unwritten {
    this.#endUnknown = true;
    const lineStart = written === 0 ? 0 : data.lastIndexOf(NEWLINE, written - 1) + 1;
    // All but the newline is there: the next write begins with it, and the line is not written twice.
    const isWhole = lineStart < written && data[written] === NEWLINE;
    if (lineStart < written) this.#tear = { at: this.#position(), lines: isWhole ? 2 : 1 };
    return { rest: data.subarray(isWhole ? written + 1 : Math.max(lineStart, prefix)), error };
  }

  /** Offset at which our last write ended. */
  #position(): number {
    const { fd } = this.#file;
    return filePosition(fd) ?? fstatSync(fd).size;
  }

  #endsInLine(): boolean {
    const last = this.#read((size) => size - 1);
    return last === undefined ? this.#tear !== null : last !== null && last !== NEWLINE;
  }

  /** After `written` more bytes: a newline behind the half line keeps it apart. */
  #lookAtTear(written: number): void {
    const tear = this.#tear;
    if (tear === null) return;
    this.#tear = null;
    const next = this.#read(() => tear.at);
    // If the file may not be read: the lines are apart if our next write began right behind the half line.
    const isApart = next === undefined ? this.#position() - written === tear.at : next === null || next === NEWLINE;
    if (!isApart) this.#merged += tear.lines;
  }

  /** Ends a half line before this process leaves the file: other processes go on writing to it. */
  #endHalfLine(): void {
    if (this.#tear === null) return;
    try {
      if (this.#endsInLine()) writeSync(this.#file.fd, LINE_END);
    } catch {
      // The disk is as full as before.
    }
    this.#lookAtTear(LINE_END.length);
  }

  /**
   * One byte of the file.
   * @returns `null` where there is none; `undefined` when the file cannot be read: it is open for writing only, and has to be opened again
   */
  #read(at: (size: number) => number): number | null | undefined {
    let fd = -1;
    try {
      fd = openSync(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY);
      const stat = fstatSync(fd, { bigint: true });
      if (!stat.isFile() || Number(stat.dev) !== this.#file.dev || Number(stat.ino) !== this.#file.ino) return undefined;
      const position = at(Number(stat.size));
      const byte = Buffer.alloc(1);
      return position < 0 || readSync(fd, byte, 0, 1, position) === 0 ? null : byte[0];
    } catch {
      return undefined;
    } finally {
      if (fd !== -1) closeSync(fd);
    }
  }
}
