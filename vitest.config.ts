import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/fixtures/**', 'test/soak/**', 'test/bundles/**', 'test/systems/**', '**/node_modules/**'],
    globalSetup: ['test/helpers/global-setup.ts'],
    pool: 'forks',
    // Tests wait for processes a third of their time, so two cores have work for three workers.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // A guard against a test that hangs. What a test waits for has deadlines of its own, and a busy machine makes some twenty commands slow.
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
