import { accessSync, constants, fstatSync, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { descriptorEntry, OptionError } from '@daemonium/core/start';
import type { DaemonOptions } from './daemon-options.ts';
import type { Faults } from './faults.ts';

/** A standard stream's target. `fd` is the launcher's number here, and the daemon's once it has crossed. */
export type ResolvedTarget =
  | { readonly kind: 'null' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };
export type ResolvedInput = ResolvedTarget | { readonly kind: 'content'; readonly content: Uint8Array };

const NULL: ResolvedTarget = { kind: 'null' };
const ACCESS_MODE = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

export function resolveStreams(given: DaemonOptions, faults: Faults) {
  return {
    stdin: faults.check<ResolvedInput>(() => resolveInput(given.stdin), NULL),
    stdout: faults.check(() => resolveOutput('stdout', given.stdout), NULL),
    stderr: faults.check(() => resolveOutput('stderr', given.stderr), NULL),
  };
}

function resolveInput(value: unknown): ResolvedInput {
  if (typeof value === 'object' && value !== null && 'content' in value) {
    const { content } = value;
    if (typeof content === 'string') return { kind: 'content', content: Buffer.from(content) };
    if (content instanceof Uint8Array) return { kind: 'content', content };
    throw new OptionError('stdin.content', 'a string or a Uint8Array', content, 'ERR_OPTION_TYPE');
  }
  const target = resolveTarget('stdin', value);
  if (target.kind === 'path') {
    probe('stdin', target.path, () => {
      accessSync(target.path, constants.R_OK);
      refuseKinds(statSync(target.path), target.path);
    });
  }
  if (target.kind === 'fd') refuseAccess('stdin', target.fd, constants.O_WRONLY, 'a descriptor that can be read');
  return target;
}

function resolveOutput(option: string, value: unknown): ResolvedTarget {
  const target = resolveTarget(option, value);
  if (target.kind === 'path') probe(option, target.path, () => checkWritable(target.path));
  if (target.kind === 'fd') refuseAccess(option, target.fd, constants.O_RDONLY, 'a descriptor that can be written to');
  return target;
}

function resolveTarget(option: string, value: unknown): ResolvedTarget {
  if (value === undefined || value === null) return NULL;
  if (typeof value === 'string' || value instanceof URL) return { kind: 'path', path: resolvePath(option, value) };
  return { kind: 'fd', fd: descriptorOf(option, value) };
}

/** An absolute path; relative ones are the launcher's, whose working directory the daemon leaves. */
export function resolvePath(option: string, value: string | URL): string {
  if (value instanceof URL) return pathOfUrl(option, value);
  if (value === '' || value.includes('\0'))
    throw new OptionError(option, 'a path that is not empty and has no NUL byte', value, 'ERR_OPTION_VALUE');
  return resolve(value);
}

/** The path of a `file:` URL: one of another machine, or with an encoded slash, has none. */
export function pathOfUrl(option: string, url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (cause) {
    throw new OptionError(option, 'a file: URL of this machine', url.href, 'ERR_OPTION_VALUE', { cause });
  }
}

/** The open descriptor behind `value`: a number, or anything that has one. */
export function descriptorOf(option: string, value: unknown): number {
  const fd = typeof value === 'number' ? value : descriptorIn(value);
  if (fd === null) throw new OptionError(option, 'a descriptor, or something open that has one', value, 'ERR_OPTION_TYPE');
  if (!Number.isInteger(fd) || fd < 0 || fd > 2 ** 31 - 1) {
    throw new OptionError(option, 'the number of an open descriptor, 0 or more', fd, 'ERR_OPTION_RANGE');
  }
  try {
    // bigint: on Node 20 a plain fstat of a socket makes the ESM loader stop resolving symlinks.
    fstatSync(fd, { bigint: true });
  } catch (cause) {
    throw new OptionError(option, 'an open descriptor (EBADF)', fd, 'ERR_OPTION_VALUE', { cause });
  }
  return fd;
}

function descriptorIn(value: unknown): number | null {
  if (typeof value !== 'object' || value === null) return null;
  const { fd, _handle: handle, destroyed } = value as { fd?: unknown; _handle?: { fd?: unknown } | null; destroyed?: unknown };
  if (destroyed === true) return null;
  if (typeof fd === 'number') return fd;
  return typeof handle?.fd === 'number' ? handle.fd : null;
}

function refuseAccess(option: string, fd: number, refused: number, expected: string): void {
  const entry = descriptorEntry(fd);
  if (entry !== null && (entry.flags & ACCESS_MODE) === refused) throw new OptionError(option, expected, fd, 'ERR_OPTION_VALUE');
}

/** What open(2) would say, without creating the file: it is opened when the daemon is on its way, still with the launcher's rights. */
function checkWritable(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    if (!statSync(dirname(path)).isDirectory()) throw systemError('ENOTDIR', 'not a directory', dirname(path));
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } else if (found.isSymbolicLink()) {
    throw systemError('ELOOP', 'a symbolic link, which is not followed', path);
  } else {
    refuseKinds(found, path);
    accessSync(path, constants.W_OK);
  }
}

/** What open(2) refuses, and what it would wait at until somebody opens the other end. */
function refuseKinds(found: Stats, path: string): void {
  if (found.isDirectory()) throw systemError('EISDIR', 'illegal operation on a directory', path);
  if (found.isSocket()) throw systemError('ENXIO', 'a socket', path);
  if (found.isFIFO()) throw systemError('ENXIO', 'a FIFO: open it yourself and pass the descriptor', path);
}

/** Turns what the system says of a path into a fault of the option. */
export function probe(option: string, path: string, look: () => void): void {
  try {
    look();
  } catch (cause) {
    throw new OptionError(option, `a usable path (${(cause as Error).message})`, path, 'ERR_OPTION_VALUE', { cause });
  }
}

export function systemError(code: string, text: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${text}, '${path}'`), { code, path });
}
