import type { Readable, Writable } from 'node:stream';

const NEWLINE = 0x0a;
/** A line that goes on for longer is cut into several, in bytes: all of a line has to be in memory to stay whole. */
const LONGEST = 1024 * 1024;

/**
 * Copies `from` to `to` line by line. Each line stays whole, also if other code writes to the same stream. Reads no faster than the stream
 * takes the lines.
 * @param prefix goes before each line
 */
export async function printLines(from: Readable, to: Writable, prefix: string): Promise<void> {
  const mark = Buffer.from(prefix);
  // The beginning of a line, in pieces: to join them at each chunk would take the square of its length.
  let rest: Buffer[] = [];
  let held = 0;
  for await (const chunk of from as AsyncIterable<Buffer>) {
    const end = held + chunk.length > LONGEST ? chunk.length : chunk.lastIndexOf(NEWLINE) + 1;
    if (end > 0) {
      await write(to, prefixed(ended([...rest, chunk.subarray(0, end)]), mark));
      rest = [];
      held = 0;
    }
    if (end < chunk.length) rest.push(chunk.subarray(end));
    held += chunk.length - end;
  }
  if (held > 0) await write(to, prefixed(ended(rest), mark));
}

/** Whole lines: the last one ends, too. */
function ended(pieces: readonly Buffer[]): Buffer {
  const isWhole = pieces.at(-1)?.at(-1) === NEWLINE;
  return Buffer.concat(isWhole ? pieces : [...pieces, Buffer.from('\n')]);
}

/** Works on bytes, not text: a line in another encoding stays as it is. */
function prefixed(lines: Buffer, mark: Buffer): Buffer {
  if (mark.length === 0) return lines;
  const parts: Buffer[] = [];
  for (let from = 0; from < lines.length; ) {
    const to = lines.indexOf(NEWLINE, from) + 1;
    parts.push(mark, lines.subarray(from, to));
    from = to;
  }
  return Buffer.concat(parts);
}

async function write(to: Writable, bytes: Buffer): Promise<void> {
  if (to.write(bytes)) return;
  // Several sources may wait at once, each for its own turn.
  await new Promise<void>((resolve) => void to.write('', () => resolve()));
}
