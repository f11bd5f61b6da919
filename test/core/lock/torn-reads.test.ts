import { readFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('a reader sees all of a pid or nothing', async () => {
  const box = sandbox();
  const path = box.path('x.pid');
  const writer = box.spawn(fixture('lock-reseal'), { args: [path] });
  await until(() => writer.stdout.includes('sealing'), { what: 'the writer' });
  const seen = new Set<string>();
  const pids = new Set<number | null>();
  const end = performance.now() + 10_000;
  // The writer may be long in coming where the processors are busy.
  for (let reads = 0; (reads < 100_000 || seen.size < 3 || pids.size < 3) && performance.now() < end; reads++) {
    try {
      seen.add(readFileSync(path, 'latin1'));
    } catch {}
    if (reads % 4 === 0) pids.add(new PidLockFile(path).readPid());
  }
  expect([...seen].sort()).toEqual(['', '1234567\n', '7\n']);
  expect([...pids].sort()).toEqual([1_234_567, 7, null]);
}, 30_000);
