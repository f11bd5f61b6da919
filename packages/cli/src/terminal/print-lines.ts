import type { Readable, Writable } from 'node:stream';

export interface Printer {
  /** Goes before each line. */
  readonly prefix: string;
}

const NEWLINE = 0x0a;

/**
 * Copies `from` to `to` line by line. Each line stays whole, also if other code writes to the same stream. Reads no faster than the stream
 * takes the lines.
 */
export async function printLines(from: Readable, to: Writable, { prefix }: Printer): Promise<void> {
  let rest = Buffer.alloc(0);
  const mark = Buffer.from(prefix);
  for await (const chunk of from) {
    const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
    const end = bytes.lastIndexOf(NEWLINE) + 1;
    rest = Buffer.from(bytes.subarray(end));
    if (end > 0) await write(to, prefixed(bytes.subarray(0, end), mark));
  }
  if (rest.length > 0) await write(to, prefixed(Buffer.concat([rest, Buffer.from('\n')]), mark));
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
