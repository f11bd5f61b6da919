import { test } from 'vitest';
import { notRoot } from '../hold.ts';
import { stopsWithReusedPids } from './pid-reuse.ts';

// 10,000 in `npm run test:soak`.
test.skipIf(notRoot)(
  '300 stops while the pid goes to another process: only the daemon is signalled',
  () => stopsWithReusedPids(300, 60_000),
  90_000,
);
