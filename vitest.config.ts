import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** For `npm run coverage`. */
const measuring = { setupFiles: ['test/helpers/take-coverage.ts'] };

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/**/fixtures/**', 'test/soak/**', 'test/bundles/**', 'test/systems/**', '**/node_modules/**'],
    globalSetup: ['test/helpers/global-setup.ts'],
    ...(process.env.NODE_V8_COVERAGE === undefined ? {} : measuring),
    // The packages as they are published: Vite would change them, and their places with them, anew for each file of tests.
    server: { deps: { external: [/\/packages\/\w+\/dist\//] } },
    pool: 'forks',
    // Tests wait for processes a third of their time, so two cores have work for three workers.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
    // A guard against a test that hangs. What a test waits for has deadlines of its own, and a busy machine makes some twenty commands slow.
    testTimeout: 60_000,
    hookTimeout: 30_000,
  },
});
