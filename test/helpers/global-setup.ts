import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';
import { reap } from './reap.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** The tokens of all sandboxes of this run begin with it. */
    run: string;
    /** Why tests that only root can do, or that become another user, are skipped; or `false`. */
    notRoot: string | false;
  }
}

async function whyNotRoot(): Promise<string | false> {
  if (process.getuid?.() !== 0) return 'needs root';
  const { whyUnreadable } = (await import(new URL('../../scripts/readable.mjs', import.meta.url).href)) as {
    whyUnreadable(of: { root: string; node: string; temporary: string }): string | false;
  };
  const why = whyUnreadable({ root: fileURLToPath(new URL('../..', import.meta.url)), node: process.execPath, temporary: tmpdir() });
  return why && `${why}; npm test runs them in a copy`;
}

/** Fixtures are TypeScript; the processes under test run what this makes of them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { buildPrograms } = (await import(new URL('../../scripts/build.mjs', import.meta.url).href)) as {
    buildPrograms(): Promise<void>;
  };
  // What tests expect of permissions is what most users have. The workers inherit it.
  process.umask(0o022);
  // Node 20 reads these certificates at each boot, which takes a third of the time of a test; no test needs them.
  delete process.env.NODE_EXTRA_CA_CERTS;
  await buildPrograms();
  const run = randomUUID();
  project.provide('run', run);
  const notRoot = await whyNotRoot();
  project.provide('notRoot', notRoot);
  if (notRoot !== false) console.log(`Some tests are skipped: ${notRoot}`);
  return async () => {
    // A sandbox cleans up by itself, unless the worker it lived in was killed.
    const survivors = await reap(run);
    if (survivors === 0) return;
    console.error(`${survivors} processes outlived their sandbox, and were killed`);
    // Vitest only prints what a teardown throws.
    process.exitCode = 1;
  };
}
