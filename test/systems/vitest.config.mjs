import { defineConfig } from 'vitest/config';
import { maxWorkers, options } from '../../vitest.config.ts';

/** `npm run test:systems`: real systems, each booted for the tests of one file. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...options,
    maxWorkers,
    include: ['test/systems/**/*.test.ts'],
    globalSetup: ['test/systems/global-setup.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
});
