import { Readable, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { printLines } from '../../packages/cli/src/terminal/print-lines.ts';

const MIB = 1024 * 1024;

/** The pieces in which `chunks` are written. */
async function printed(chunks: readonly string[], prefix = ''): Promise<string[]> {
  const pieces: string[] = [];
  const to = new Writable({
    write: (bytes: Buffer, _, done) => {
      if (bytes.length > 0) pieces.push(bytes.toString());
      done();
    },
  });
  await printLines(Readable.from(chunks.map((chunk) => Buffer.from(chunk))), to, prefix);
  return pieces;
}

test('lines stay whole, however they come, and the last one ends', async () => {
  expect(await printed(['a\nb', 'b', '\nc\nd'], 'x ')).toEqual(['x a\n', 'x bb\nx c\n', 'x d\n']);
  expect(await printed([])).toEqual([]);
  expect(await printed(['\n', 'a\n'])).toEqual(['\n', 'a\n']);
});

test('a line without an end is cut: no more than a piece of it is in memory', async () => {
  const chunk = 'a'.repeat(64 * 1024);
  const pieces = await printed(new Array(80).fill(chunk), '| ');
  expect(Math.max(...pieces.map(({ length }) => length))).toBeLessThan(1.2 * MIB);
  expect(pieces.join('').replaceAll(/^\| |\n/gm, '')).toBe(chunk.repeat(80));
  for (const piece of pieces) expect(piece).toMatch(/^\| a+\n$/);
});
