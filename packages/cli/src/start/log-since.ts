import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import type { Declaration } from '@daemonium/core/registry';

/** The most that a failed start shows of a log. */
const MOST_BYTES = 8_192;
const MOST_LINES = 20;

/** Notes the lengths of the logs: text after these belongs to the start. */
export function markLogs({ stdout, stderr }: Declaration): () => string {
  const marks = [...new Set([stdout, stderr])].flatMap((path) => (path === null ? [] : [{ path, from: sizeOf(path) }]));
  return () => marks.map(({ path, from }) => lastLines(path, from)).join('');
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last lines after `from`, with the newline at their end; '' when there are none to see. */
function lastLines(path: string, from: number): string {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch {
    return '';
  }
  try {
    const end = sizeOf(path);
    const begin = Math.max(from, end - MOST_BYTES);
    const buffer = Buffer.alloc(Math.max(0, end - begin));
    const text = buffer.toString('utf8', 0, readSync(fd, buffer, 0, buffer.length, begin)).trimEnd();
    return text === '' ? '' : `${text.split('\n').slice(-MOST_LINES).join('\n')}\n`;
  } finally {
    closeSync(fd);
  }
}
