import { mergeConfig } from 'vitest/config';
import everyday from '../../vitest.config.ts';

/** `npm run test:soak`: what takes too long for every day, each case 20 times. */
export default mergeConfig(
  { ...everyday, test: { ...everyday.test, include: [], exclude: [] } },
  {
    root: new URL('../..', import.meta.url).pathname,
    test: { include: ['test/soak/**/*.test.ts'], testTimeout: 3_600_000 },
  },
);
