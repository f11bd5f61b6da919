import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { fixture, type Sandbox } from '../../helpers/sandbox.ts';

/** Where the lock is, and whether an owner takes the file along, or leaves it as one that was killed does. */
export const WAYS = [
  { where: 'in a directory of its own', mode: 0o755, end: 'release' },
  { where: 'where others can write, and each owner makes the file anew', mode: 0o1777, end: 'release' },
  { where: 'where each owner finds the file of one that was killed', mode: 0o1777, end: 'leave' },
] as const;

export type Way = (typeof WAYS)[number];

/** What 8 processes saw that took and freed one lock `cycles` times each. In ms: `deadline`. */
export async function contend(
  box: Sandbox,
  { mode, end }: Way,
  cycles: number,
  { core, deadline = 60_000 }: { core?: string; deadline?: number } = {},
): Promise<{ overlaps: number; counted: number }> {
  chmodSync(box.directory, mode);
  const path = box.path('contended.pid');
  writeFileSync(`${path}.counter`, '0');
  const launch = { args: [path, String(cycles), end], env: { CORE: core }, deadline };
  const ends = await Promise.all(Array.from({ length: 8 }, () => box.launch(fixture('lock-contend'), launch)));
  expect(ends.map(({ code }) => code)).toEqual(ends.map(() => 0));
  const overlaps = ends.map(({ stdout }) => (JSON.parse(stdout) as { overlaps: number }).overlaps);
  return { overlaps: overlaps.reduce((sum, one) => sum + one, 0), counted: Number(readFileSync(`${path}.counter`, 'utf8')) };
}
