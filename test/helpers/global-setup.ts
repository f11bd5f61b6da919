import { randomUUID } from 'node:crypto';
import type { TestProject } from 'vitest/node';
import { reap } from './reap.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The tokens of all sandboxes of this run begin with it. */
    run: string;
  }
}

/** Fixtures are TypeScript; the processes under test run what this makes of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { buildPrograms } = (await import(new URL('../../.ci/build.mjs', import.meta.url).href)) as {
    buildPrograms(directory: string): Promise<void>;
  };
  await buildPrograms('test/fixtures');
  await buildPrograms('examples');
  const run = randomUUID();
  project.provide('run', run);
  return async () => {
    // A sandbox cleans up by itself, unless the worker it lived in was killed.
    const survivors = await reap(run);
    if (survivors === 0) return;
    console.error(`${survivors} processes outlived their sandbox, and were killed`);
    // Vitest only prints what a teardown throws.
    process.exitCode = 1;
  };
}
