import { expect } from 'vitest';
import type { Sandbox } from '../helpers/sandbox.ts';

/** Ends a writer of lines in good order. @returns how many lines it says that it has logged */
export async function stopWriter(writer: ReturnType<Sandbox['spawn']>): Promise<number> {
  writer.child.kill('SIGTERM');
  const { code, stdout } = await writer.finished;
  expect(code).toBe(0);
  return (JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { lines: number }).lines;
}
