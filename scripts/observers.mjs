import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './install.mjs';

/** The tests' helpers which read /proc and the lock, and find a free port, for the scripts here. They are TypeScript, which Node 20 does not run: bundled first. */
export async function loadObservers() {
  // Not imported above: it may only just have been installed.
  const { build } = await import('esbuild');
  const outfile = join(root, 'node_modules/.cache/daemonium/observers.mjs');
  const contents = ['observe', 'lock-probe', 'reap', 'wait', 'http'].map((name) => `export * from './${name}.ts';`).join('\n');
  await build({
    stdin: { contents, resolveDir: join(root, 'test/helpers'), loader: 'ts' },
    outfile,
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
  });
  return await import(pathToFileURL(outfile).href);
}
