import { defineConfig } from 'vitest/config';
import { maxWorkers, options } from '../../vitest.config.ts';

/** `npm run test:soak`: what takes too long for every day, each case 20 times. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...options,
    maxWorkers,
    include: ['test/soak/**/*.test.ts'],
    globalSetup: ['test/helpers/global-setup.ts'],
    testTimeout: 3_600_000,
  },
});
