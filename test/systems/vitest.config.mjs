import { mergeConfig } from 'vitest/config';
import everyday from '../../vitest.config.ts';

/** `npm run test:systems`: real systems, each booted for the tests of one file. */
export default mergeConfig(
  { ...everyday, test: { ...everyday.test, include: [], exclude: [], globalSetup: [] } },
  {
    root: new URL('../..', import.meta.url).pathname,
    test: {
      include: ['test/systems/**/*.test.ts'],
      globalSetup: ['test/systems/global-setup.ts'],
      testTimeout: 60_000,
      hookTimeout: 60_000,
    },
  },
);
