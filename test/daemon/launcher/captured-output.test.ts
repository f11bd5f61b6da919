import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

const MIB = 1 << 20;

interface Output {
  readonly ok: boolean;
  readonly output: string;
  readonly error: string;
  readonly lengths: readonly [number, number];
  readonly events: readonly [number, number, string];
  readonly grown: number;
  readonly failure?: { readonly message: string };
}

async function outputOf(what: string): Promise<Output> {
  const box = sandbox();
  const { stdout, stderr, code } = await box.launch('start-output', { args: [what] });
  expect({ stderr, code }, stdout).toEqual({ stderr: '', code: 0 });
  return JSON.parse(stdout) as Output;
}

test('of 10 MiB on each stream the first MiB is kept, the cut marked, and all of it told as it comes', async () => {
  const { ok, output, error, lengths, events, grown } = await outputOf('much');
  expect(ok).toBe(true);
  expect(output).toMatch(/^ooo\.\.\.o+\n\[cut: the rest is not kept\]\n$/);
  expect(error).toMatch(/^eee\.\.\.e+\n\[cut: the rest is not kept\]\n$/);
  for (const length of lengths) expect(length).toBeLessThan(MIB + 100);
  expect(events.slice(0, 2)).toEqual([10 * MIB, 10 * MIB]);
  // The test keeps both streams as they are told: 20 MiB, twice while they are joined.
  expect(grown).toBeLessThan(100 * MIB);
});

test('characters that come byte by byte, NUL, and a last line without an end are exact', async () => {
  const { output } = await outputOf('bytes');
  expect(output).toBe('grüße 🚀 \0 end');
});

test('output of the daemon is never taken for its reports', async () => {
  const { ok, output, failure } = await outputOf('forged');
  expect(ok).toBe(false);
  expect(output).toBe('READY\n{"type":"ready"}\n{"type":"pid","pid":1}\n\x06');
  expect(failure?.message).toMatch(/failed in stage 5 .*and yet it was not/);
});

test('output that Node.js had not yet written when stage 9 came is there, too', async () => {
  const { ok, error, lengths } = await outputOf('streams');
  expect({ ok, error, length: lengths[0] }).toEqual({ ok: true, error: 'warned\n', length: 300_001 });
});
