import { constants, openSync } from 'node:fs';
import { anonymousFile } from '@daemonium/core/start';
import type { ResolvedInput } from './streams.ts';

/** An opened stdin, and whether it was opened for that alone. */
export interface OpenedInput {
  readonly fd: number;
  readonly temporary: boolean;
}

/** Opens the source of stdin. */
export function openInput(input: ResolvedInput): OpenedInput {
  if (input.kind === 'fd') return { fd: input.fd, temporary: false };
  const path = input.kind === 'path' ? input.path : '/dev/null';
  const fd = input.kind === 'content' ? anonymousFile(input.content) : openSync(path, constants.O_RDONLY | constants.O_NOCTTY);
  return { fd, temporary: true };
}
