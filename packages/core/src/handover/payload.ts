import { readSync } from 'node:fs';
import type { HandedDescriptor, HandedLock } from './state.ts';

/** What the launcher hands to the daemon. */
export interface Payload {
  /** The environment the daemon is to have: a shell on the way drops names such as `npm_package_config_foo-bar` and adds its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly lock: HandedLock | null;
  readonly descriptors: readonly HandedDescriptor[];
  /** The daemon package's part: which start this is, its options, what the launcher did before. */
  readonly start: unknown;
}

export const MAGIC = 'daemonium ';
export const HEADER_BYTES = 96;
const HEADER = /^daemonium ([0-9a-z]+) ([JV]) ([0-9]+) *\n$/;

/**
 * Reads a payload to its last byte, blocking.
 * @returns `null` when what stands at `fd` is not the payload of this nonce; `'cut'` when its sender ended before it was complete
 */
export function readPayload(fd: number, nonce: string): Payload | 'cut' | null {
  const header = Buffer.alloc(HEADER_BYTES);
  // The magic first: no more than that is taken from a stream that turns out to be somebody else's.
  if (!readFully(fd, header, 0, MAGIC.length)) return 'cut';
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  if (!readFully(fd, header, MAGIC.length, HEADER_BYTES)) return 'cut';
  const match = HEADER.exec(header.toString('latin1'));
  if (match === null || match[1] !== nonce) return null;
  const body = Buffer.alloc(Number(match[3]));
  if (!readFully(fd, body, 0, body.length)) return 'cut';
  return (match[2] === 'J' ? JSON.parse(body.toString('utf8')) : structuredCloneFormat().deserialize(body)) as Payload;
}

function readFully(fd: number, buffer: Buffer, from: number, to: number): boolean {
  for (let offset = from; offset < to; ) {
    const count = readSome(fd, buffer, offset, to - offset);
    if (count === 0) return false;
    offset += count;
  }
  return true;
}

/** A socket whose other end was killed in the middle says so in either of two ways. */
function readSome(fd: number, buffer: Buffer, offset: number, length: number): number {
  try {
    return readSync(fd, buffer, offset, length, null);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ECONNRESET') return 0;
    throw error;
  }
}

/** Loading v8 costs more than a start with plain data needs to pay. */
export function structuredCloneFormat(): typeof import('node:v8') {
  return process.getBuiltinModule('node:v8');
}
