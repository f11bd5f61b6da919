import { test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { stopsWithReusedPids } from '../core/lock/pid-reuse.ts';

test.skipIf(notRoot)(
  '10,000 stops while the pid goes to somebody else: 0 wrong signals',
  () => stopsWithReusedPids(10_000, 900_000),
  1_000_000,
);
