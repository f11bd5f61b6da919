import type { TestProject } from 'vitest/node';
import setup from '../helpers/global-setup.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the bundlers are installed that the checkout does not have. */
    bundlers: string | null;
  }
}

export default async function setupBundlers(project: TestProject): Promise<() => Promise<void>> {
  const { installBundlers } = (await import(new URL('../../scripts/bundlers.mjs', import.meta.url).href)) as {
    installBundlers(): Promise<string | null>;
  };
  project.provide('bundlers', await installBundlers());
  return setup(project);
}
