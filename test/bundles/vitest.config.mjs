import { mergeConfig } from 'vitest/config';
import everyday from '../../vitest.config.ts';

/** `npm run test:bundles`: every bundler, ES module and CommonJS, and a single executable. */
export default mergeConfig(
  { ...everyday, test: { ...everyday.test, include: [], exclude: [], globalSetup: [] } },
  {
    root: new URL('../..', import.meta.url).pathname,
    test: { include: ['test/bundles/**/*.test.ts'], globalSetup: ['test/bundles/global-setup.ts'], testTimeout: 120_000 },
  },
);
