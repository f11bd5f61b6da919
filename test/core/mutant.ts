import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Sandbox } from '../helpers/sandbox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** In which file what is replaced by what. */
export type Change = readonly [file: string, from: string, to: string];

/** A build of core in which one place was changed, to see that a test notices. The path of its index. */
export const mutant = (box: Sandbox, ...change: Change): Promise<string> => mutants(box, [change]);

/** The same with several places, one a file. */
export async function mutants(box: Sandbox, changes: readonly Change[]): Promise<string> {
  const changed = new Map(changes.map((change) => [join(root, 'packages/core/src', change[0]), changedSource(change)]));
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
          esbuild.onLoad({ filter: /\.ts$/ }, ({ path }) => {
            const contents = changed.get(path);
            return contents === undefined ? undefined : { contents, loader: 'ts' };
          });
        },
      },
    ],
  });
  return outfile;
}

function changedSource([file, from, to]: Change): string {
  const source = readFileSync(join(root, 'packages/core/src', file), 'utf8');
  if (source.split(from).length !== 2) throw new Error(`'${from}' does not stand once in ${file}`);
  return source.replace(from, () => to);
}
