import { defineConfig } from 'vitest/config';
import { maxWorkers, options } from '../../vitest.config.ts';

/** `npm run test:bundles`: every bundler, ES module and CommonJS, and a single executable. */
export default defineConfig({
  root: new URL('../..', import.meta.url).pathname,
  test: {
    ...options,
    maxWorkers,
    include: ['test/bundles/**/*.test.ts'],
    globalSetup: ['test/bundles/global-setup.ts'],
    testTimeout: 120_000,
  },
});
