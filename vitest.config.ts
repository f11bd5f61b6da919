import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const root = fileURLToPath(new URL('.', import.meta.url));
const isMeasured = process.env.NODE_V8_COVERAGE !== undefined;

/** Tests wait for processes half of their time, so a core has work for two workers. */
export const maxWorkers = availableParallelism() * 2;

/** What the configurations of all tests share. */
export const options = {
  ...(isMeasured ? { setupFiles: ['test/helpers/take-coverage.ts'] } : {}),
  // The packages as they are published: Vite would change them, and their places with them, anew for each file of tests.
  server: { deps: { external: [/\/packages\/\w+\/dist\//] } },
  pool: 'forks' as const,
  // A guard against a test that hangs. What a test waits for has deadlines of its own, and a busy machine makes some twenty commands slow.
  // For `npm run coverage` each process writes half a megabyte or more when it ends, so tests of many processes take twice their time.
  testTimeout: isMeasured ? 120_000 : 60_000,
  hookTimeout: isMeasured ? 120_000 : 30_000,
};

const exclude = ['test/**/fixtures/**', 'test/soak/**', 'test/bundles/**', 'test/systems/**', '**/node_modules/**'];

/** Files whose tests call the packages in the worker itself, and may leave something in it. What is found in the text of a program costs a worker, no more. */
const calling = readdirSync(`${root}test`, { recursive: true, encoding: 'utf8' })
  .filter(
    (file) =>
      file.endsWith('.test.ts') && /^(import|\}) .*from '(@daemonium\/|.*\/packages\/)/m.test(readFileSync(`${root}test/${file}`, 'utf8')),
  )
  .map((file) => `test/${file}`);

export default defineConfig({
  test: {
    ...options,
    maxWorkers,
    globalSetup: ['test/helpers/global-setup.ts'],
    projects: [
      { test: { ...options, name: 'calling', include: calling, exclude } },
      // These only start processes, and look at them, so one worker can have one file after the other: a new one costs as much as three daemons.
      { test: { ...options, name: 'starting', include: ['test/**/*.test.ts'], exclude: [...exclude, ...calling], isolate: false } },
    ],
  },
});
