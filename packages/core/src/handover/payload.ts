import { readSync } from 'node:fs';
import type { HandedDescriptor, HandedLock } from './state.ts';

/** The data that the launcher hands to the daemon. */
export interface Payload {
  /** The environment the daemon is to have: a shell on the way drops names such as `npm_package_config_foo-bar` and adds its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly lock: HandedLock | null;
  readonly descriptors: readonly HandedDescriptor[];
  /**
   * The payload comes from a file, not from the launcher's socket. It may be read much later, when the files of the descriptors have been
   * renamed.
   */
  readonly reopens?: boolean;
  /** The daemon package's part: which start this is, its options, the launcher's earlier calls. */
  readonly start: unknown;
}

export const MAGIC = 'daemonium ';
export const HEADER_BYTES = 96;
const HEADER = /^daemonium ([0-9a-z]+) ([JV]) ([0-9]+) *\n$/;

/**
 * Reads a payload to its last byte, blocking. A file is read from its beginning, even if another process has moved its offset.
 * @returns `null` when the content of `fd` is not the payload of this nonce; `'cut'` when its sender ended before it was complete
 */
export function readPayload(fd: number, nonce: string, isFile: boolean): Payload | 'cut' | null {
  const header = Buffer.alloc(HEADER_BYTES);
  const readFully = (buffer: Buffer, from: number, to: number, at: number) => readRange(fd, buffer, { from, to, at: isFile ? at : null });
  // The magic first: from a stream that is not ours, no more than that is taken.
  if (!readFully(header, 0, MAGIC.length, 0)) return 'cut';
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  if (!readFully(header, MAGIC.length, HEADER_BYTES, 0)) return 'cut';
  const match = HEADER.exec(header.toString('latin1'));
  if (match === null || match[1] !== nonce) return null;
  const body = Buffer.alloc(Number(match[3]));
  if (!readFully(body, 0, body.length, HEADER_BYTES)) return 'cut';
  return (match[2] === 'J' ? JSON.parse(body.toString('utf8')) : structuredCloneFormat().deserialize(body)) as Payload;
}

interface Range {
  readonly from: number;
  readonly to: number;
  /** Position of the buffer's first byte in the file; `null`: the end of the last read. */
  readonly at: number | null;
}

function readRange(fd: number, buffer: Buffer, { from, to, at }: Range): boolean {
  for (let offset = from; offset < to; ) {
    const count = readSome(fd, buffer.subarray(offset, to), at === null ? null : at + offset);
    if (count === 0) return false;
    offset += count;
  }
  return true;
}

/** A socket whose other end was killed in the middle gives one of two errors. */
function readSome(fd: number, buffer: Buffer, position: number | null): number {
  try {
    return readSync(fd, buffer, 0, buffer.length, position);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 0;
    throw error;
  }
}

/** Loading v8 costs more than a start with plain data needs to pay. */
export function structuredCloneFormat(): typeof import('node:v8') {
  return process.getBuiltinModule('node:v8');
}
