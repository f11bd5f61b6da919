import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Sandbox } from '../helpers/sandbox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** A build of core in which one place was changed, to see that a test notices. The path of its index. */
export async function mutant(box: Sandbox, file: string, from: string, to: string): Promise<string> {
  const changed = join(root, 'packages/core/src', file);
  const source = readFileSync(changed, 'utf8');
  if (source.split(from).length !== 2) throw new Error(`'${from}' does not stand once in ${file}`);
  const outfile = box.path('mutant', 'index.mjs');
  mkdirSync(dirname(outfile), { recursive: true });
  mkdirSync(box.path('node_modules'), { recursive: true });
  symlinkSync(join(root, 'node_modules/koffi'), box.path('node_modules/koffi'));
  await build({
    entryPoints: [join(root, 'packages/core/src/index.ts')],
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    logLevel: 'warning',
    plugins: [
      {
        name: 'mutation',
        setup(esbuild) {
          esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) =>
            path === changed ? { contents: source.replace(from, to), loader: 'ts' } : undefined,
          );
        },
      },
    ],
  });
  return outfile;
}
