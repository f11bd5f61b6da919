import { accessSync, constants, lstatSync, type Stats, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { descriptorEntry, errnoError, OptionError } from '@daemonium/core/start';
import { descriptorOf } from './descriptor.ts';
import type { GivenOptions } from './given-options.ts';
import type { OptionProblems } from './option-problems.ts';
import { refuseUnusable, resolvePath } from './paths.ts';

/** A standard stream's target. `fd` is the launcher's number here, and the daemon's once it has crossed. */
export type ResolvedTarget =
  | { readonly kind: 'null' }
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'fd'; readonly fd: number };
export type ResolvedInput = ResolvedTarget | { readonly kind: 'content'; readonly content: Uint8Array };

const NULL: ResolvedTarget = { kind: 'null' };
const ACCESS_MODE = constants.O_RDONLY | constants.O_WRONLY | constants.O_RDWR;

export function resolveStreams(given: GivenOptions, problems: OptionProblems) {
  return {
    stdin: problems.check<ResolvedInput>(() => resolveInput(given.stdin), NULL),
    stdout: problems.check(() => resolveOutput('stdout', given.stdout), NULL),
    stderr: problems.check(() => resolveOutput('stderr', given.stderr), NULL),
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
    refuseUnusable('stdin', target.path, () => {
      accessSync(target.path, constants.R_OK);
      refuseKinds(statSync(target.path), target.path);
    });
  }
  if (target.kind === 'fd') refuseAccess('stdin', target.fd, constants.O_WRONLY, 'a descriptor that can be read');
  return target;
}

function resolveOutput(option: string, value: unknown): ResolvedTarget {
  const target = resolveTarget(option, value);
  if (target.kind === 'path') refuseUnusable(option, target.path, () => checkWritable(target.path));
  if (target.kind === 'fd') refuseAccess(option, target.fd, constants.O_RDONLY, 'a descriptor that can be written to');
  return target;
}

function resolveTarget(option: string, value: unknown): ResolvedTarget {
  if (value === undefined || value === null) return NULL;
  if (typeof value === 'string' || value instanceof URL) return { kind: 'path', path: resolvePath(option, value) };
  return { kind: 'fd', fd: descriptorOf(option, value) };
}

function refuseAccess(option: string, fd: number, refused: number, expected: string): void {
  const entry = descriptorEntry(fd);
  if (entry !== null && (entry.flags & ACCESS_MODE) === refused) throw new OptionError(option, expected, fd, 'ERR_OPTION_VALUE');
}

/** Fails as open(2) would, but does not create the file. The launcher opens it later, with its own rights, when the daemon is on its way. */
function checkWritable(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) {
    if (!statSync(dirname(path)).isDirectory()) throw errnoError('ENOTDIR', 'not a directory', { path: dirname(path) });
    accessSync(dirname(path), constants.W_OK | constants.X_OK);
  } else if (found.isSymbolicLink()) {
    throw errnoError('ELOOP', 'a symbolic link, which is not followed', { path });
  } else {
    refuseKinds(found, path);
    accessSync(path, constants.W_OK);
  }
}

/** Refuses the kinds that open(2) refuses, and a FIFO, at which open(2) waits for the other end. */
function refuseKinds(found: Stats, path: string): void {
  if (found.isDirectory()) throw errnoError('EISDIR', 'illegal operation on a directory', { path });
  if (found.isSocket()) throw errnoError('ENXIO', 'a socket', { path });
  if (found.isFIFO()) throw errnoError('ENXIO', 'a FIFO: open it yourself and pass the descriptor', { path });
}
