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
    // Guards only: what a test waits for has deadlines of its own, and each command is a process in another namespace.
    testTimeout: 180_000,
    hookTimeout: 120_000,
  },
});
