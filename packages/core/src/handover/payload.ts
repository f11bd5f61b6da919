import { readSync } from 'node:fs';
import type { HandedDescriptor } from './state.ts';

/** What the launcher hands to the daemon. */
export interface Payload {
  /** The environment the daemon is to have: a shell on the way drops names such as `npm_package_config_foo-bar` and adds its own. */
  readonly env: Readonly<Record<string, string>>;
  readonly lock: HandedDescriptor | null;
  readonly descriptors: readonly HandedDescriptor[];
  /** The daemon package's part: which start this is, its options, what the launcher did before. */
  readonly start: unknown;
}

const MAGIC = 'daemonium ';
const HEADER_BYTES = 96;
const HEADER = /^daemonium ([0-9a-z]+) ([JV]) ([0-9]+) *\n$/;

/** The payload as bytes: a header line with nonce, encoding and length, then JSON, or structured clone where JSON would lose something. */
export function encodePayload(payload: Payload, nonce: string): Buffer {
  const plain = isPlain(payload);
  const body = plain ? Buffer.from(JSON.stringify(payload)) : structuredCloneFormat().serialize(payload);
  const header = `${MAGIC}${nonce} ${plain ? 'J' : 'V'} ${body.length}`.padEnd(HEADER_BYTES - 1);
  return Buffer.concat([Buffer.from(`${header}\n`), body]);
}

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
function structuredCloneFormat(): typeof import('node:v8') {
  return process.getBuiltinModule('node:v8');
}

/** Whether JSON gives back exactly this value. */
function isPlain(value: unknown, depth = 0): boolean {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value) && !Object.is(value, -0);
  if (typeof value !== 'object' || depth > 50) return false;
  if (Array.isArray(value)) return value.length === Object.keys(value).length && value.every((item) => isPlain(item, depth + 1));
  if (Object.getPrototypeOf(value) !== Object.prototype || Object.getOwnPropertySymbols(value).length > 0) return false;
  if ('toJSON' in value || Object.hasOwn(value, '__proto__')) return false;
  return Object.values(value).every((item) => isPlain(item, depth + 1));
}
