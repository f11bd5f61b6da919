import { readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import setup from '../helpers/global-setup.ts';
import { cgroups } from './available.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Why no machine can be booted, or `false`. */
    noMachine: string | false;
    /** Why none can be booted with systemd as pid 1, or `false`. */
    noSystemd: string | false;
  }
}

export default async function setupSystems(project: TestProject): Promise<() => Promise<void>> {
  const { installTree } = (await import(new URL('./install.mjs', import.meta.url).href)) as { installTree(): void };
  console.log('Making the tree of the machines, if there is none ...');
  installTree();
  const { whyNoMachine, whyNoSystemd } = await import('./available.ts');
  const [noMachine, noSystemd] = [whyNoMachine(), whyNoSystemd()];
  project.provide('noMachine', noMachine);
  project.provide('noSystemd', noSystemd);
  if (noSystemd !== false) console.log(`Tests under systemd are skipped: ${noSystemd}`);
  if (noMachine !== false) console.log(`Tests in machines are skipped: ${noMachine}`);
  const teardown = await setup(project);
  return async () => {
    await teardown();
    removeCgroups();
  };
}

/** The cgroups of machines that are gone. Those of a machine that runs, another run's for example, stay: they are not empty. */
function removeCgroups(): void {
  if (cgroups === '') return;
  for (const name of readdirSync(cgroups).filter((name) => name.startsWith('daemonium-'))) {
    for (const directory of [...below(join(cgroups, name)).sort().reverse(), join(cgroups, name)]) {
      try {
        rmdirSync(directory);
      } catch (error) {
        if (!['EBUSY', 'ENOENT', 'ENOTEMPTY'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
      }
    }
  }
}

/** Another run may remove some of them meanwhile. */
function below(directory: string): string[] {
  try {
    const entries = readdirSync(directory, { recursive: true, withFileTypes: true });
    return entries.filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
