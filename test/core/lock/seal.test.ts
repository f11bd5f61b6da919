import { readFileSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

test('seal() leaves its pid alone in the file, whatever was written there since acquire()', () => {
  const path = sandbox().path('x.pid');
  using lock = new PidLockFile(path).acquireSync();
  writeFileSync(path, '1234567890 and more than any pid\n');
  lock.seal();
  expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
});
