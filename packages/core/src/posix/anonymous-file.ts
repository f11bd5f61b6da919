import { closeSync, constants, fstatSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { errnoError } from '../errors/errno-error.ts';
import { randomHex } from './random.ts';

/** `<asm-generic/fcntl.h>`: __O_TMPFILE; which bit O_DIRECTORY is, differs between architectures. */
const O_TMPFILE = 0o20000000 | (constants.O_DIRECTORY ?? 0);

/**
 * Makes a file without a name, with `content` in it, to be read from its start. Unlike a pipe it outlives its writer, and other users
 * cannot open it. O_TMPFILE leaves no moment with a name; where it is missing (NFS, other systems), the name is removed.
 * @returns a descriptor for reading
 * @throws {NodeJS.ErrnoException} of the last directory tried; `ENOTSUP` when none of them lets a file go on without a name, as on NFS
 * @see https://man7.org/linux/man-pages/man2/open.2.html
 */
export function anonymousFile(content: Uint8Array): number {
  return inFirstOf((directory) => fileIn(directory, content));
}

/**
 * An empty file without a name, to be written.
 * @returns a descriptor for writing
 * @throws {NodeJS.ErrnoException} of the last directory tried
 */
export function anonymousNote(): number {
  return inFirstOf((directory) => {
    const [writer, reader] = nameless(directory) ?? unlinked(directory);
    if (writer !== reader) closeSync(reader);
    return writer;
  });
}

function inFirstOf(make: (directory: string) => number): number {
  let failure: unknown;
  for (const directory of directories()) {
    try {
      return make(directory);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function directories(): string[] {
  return [...new Set([process.getBuiltinModule('node:os').tmpdir(), '/dev/shm', '/tmp', '/run'])];
}

function fileIn(directory: string, content: Uint8Array): number {
  const [writer, reader] = nameless(directory) ?? unlinked(directory);
  try {
    for (let offset = 0; offset < content.length; ) offset += writeSync(writer, content, offset, content.length - offset, offset);
    // Removed, it has another name on NFS.
    if (fstatSync(reader).nlink !== 0) throw errnoError('ENOTSUP', 'a removed file keeps a name', { syscall: 'open', path: directory });
  } catch (error) {
    closeSync(reader);
    throw error;
  } finally {
    if (writer !== reader) closeSync(writer);
  }
  return reader;
}

type Pair = readonly [writer: number, reader: number];

function nameless(directory: string): Pair | null {
  if (process.platform !== 'linux') return null;
  let writer: number;
  try {
    // O_EXCL: nor can it be given a name later.
    writer = openSync(directory, O_TMPFILE | constants.O_RDWR | constants.O_EXCL, 0o600);
  } catch {
    return null;
  }
  try {
    return [writer, openSync(`/proc/self/fd/${writer}`, constants.O_RDONLY)];
  } catch {
    return [writer, writer];
  }
}

function unlinked(directory: string): Pair {
  const path = `${directory}/daemonium-${process.pid}-${randomHex(8)}`;
  const writer = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    return [writer, openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW)];
  } catch (error) {
    closeSync(writer);
    throw error;
  } finally {
    unlinkSync(path);
  }
}
