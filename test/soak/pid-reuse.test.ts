import { test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { stopsWithReusedPids } from '../core/lock/pid-reuse.ts';
import { partOf } from './part.ts';

const STOPS = partOf(10_000);

test.skipIf(notRoot)(
  `${STOPS} stops while the pid goes to another process: 0 wrong signals`,
  () => stopsWithReusedPids(STOPS, 900_000),
  1_000_000,
);
