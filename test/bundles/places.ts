import { cpSync, mkdirSync, readdirSync, realpathSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Copies the packages, as npm would install them: nothing of the checkout is used, by whatever path a bundler remembers. */
export function installPackages(directory: string): void {
  const modules = join(directory, 'node_modules');
  for (const name of ['core', 'logging', 'daemon']) {
    const from = join(root, 'packages', name);
    const to = join(modules, '@daemonium', name);
    mkdirSync(to, { recursive: true });
    for (const part of ['dist', 'package.json']) cpSync(join(from, part), join(to, part), { recursive: true });
    const own = join(from, 'node_modules');
    for (const each of readdirSync(own).filter((each) => !/^[@.]|^(koffi|pino)$/.test(each))) {
      cpSync(realpathSync(join(own, each)), join(modules, each), { recursive: true, dereference: true });
    }
  }
}

/** What has to lie beside a bundle: the dependencies of one package are found from where it really is. */
export function installBeside(directory: string, names: readonly string[]): void {
  for (const name of names) {
    const link = join(directory, 'node_modules', name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(realpathSync(join(root, 'packages', name === 'koffi' ? 'core' : 'logging', 'node_modules', name)), link);
  }
}
