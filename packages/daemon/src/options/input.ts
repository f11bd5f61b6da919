import { closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { randomHex } from '@daemonium/core/start';
import type { ResolvedInput } from './streams.ts';

/** An opened stdin, and whether it was opened for that alone. */
export interface OpenedInput {
  readonly fd: number;
  readonly temporary: boolean;
}

/** Opens what stdin is to read. */
export function openInput(input: ResolvedInput): OpenedInput {
  if (input.kind === 'fd') return { fd: input.fd, temporary: false };
  const path = input.kind === 'path' ? input.path : '/dev/null';
  const fd = input.kind === 'content' ? unlinkedFile(input.content) : openSync(path, constants.O_RDONLY | constants.O_NOCTTY);
  return { fd, temporary: true };
}

/** Opens a file that has no name any more, with `content` in it, to be read from its start: unlike a pipe it outlives its writer. */
export function unlinkedFile(content: Uint8Array): number {
  const path = join(process.getBuiltinModule('node:os').tmpdir(), `daemonium-${process.pid}-${randomHex(8)}`);
  const writer = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
  try {
    for (let offset = 0; offset < content.length; ) offset += writeSync(writer, content, offset);
    return openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } finally {
    unlinkSync(path);
    closeSync(writer);
  }
}
