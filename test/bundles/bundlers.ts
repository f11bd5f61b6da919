import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import * as esbuild from 'esbuild';

export type Format = 'esm' | 'cjs';

/** Makes one file out of a program, as the bundler's own documentation has it for Node.js. */
export type Bundler = (entry: string, outfile: string, format: Format) => Promise<void>;

// biome-ignore lint/suspicious/noExplicitAny: these are installed outside of the checkout, without their types
type Foreign = any;

/** In CommonJS code that was bundled into an ES module `require` is missing; everybody adds it like this. */
const BANNER = "import { createRequire } from 'module'; const require = createRequire(import.meta.url);";

/** Without the ending, a `package.json` above can make them CommonJS. */
const CHUNKS = '[name]-[hash].mjs';

/** @param directory where those are installed that the checkout does not have */
export function bundlers(directory: string): Readonly<Record<string, Bundler>> {
  const { resolve } = createRequire(join(directory, 'x.js'));
  const load = async (name: string): Promise<Foreign> => import(pathToFileURL(resolve(name)).href);
  return {
    esbuild: async (entryPoint, outfile, format) => {
      const banner = format === 'esm' ? { banner: { js: BANNER } } : {};
      await esbuild.build({ entryPoints: [entryPoint], outfile, format, bundle: true, platform: 'node', logLevel: 'silent', ...banner });
    },
    rollup: async (input, file, format) => {
      const { rollup } = await load('rollup');
      const { nodeResolve } = await load('@rollup/plugin-node-resolve');
      const { default: commonjs } = await load('@rollup/plugin-commonjs');
      const plugins = [nodeResolve({ preferBuiltins: true, exportConditions: ['node'] }), commonjs()];
      const bundle = await rollup({ input, plugins, onwarn: () => {} });
      // In one file what is imported later stands behind a top-level await, and is never reached.
      const output =
        format === 'esm'
          ? { dir: dirname(file), entryFileNames: basename(file), chunkFileNames: CHUNKS, banner: BANNER }
          : { file, inlineDynamicImports: true };
      await bundle.write({ format, ...output });
      await bundle.close();
    },
    rolldown: async (input, file, format) => {
      const { rolldown } = await load('rolldown');
      const bundle = await rolldown({ input, platform: 'node', logLevel: 'silent' });
      const chunks = format === 'esm' ? { chunkFileNames: CHUNKS } : {};
      await bundle.write({ dir: dirname(file), entryFileNames: basename(file), ...chunks, format });
      await bundle.close();
    },
    webpack: async (entry, outfile, format) => {
      const { default: webpack } = await load('webpack');
      await compiled(webpack(packed(entry, outfile, format)));
    },
    rspack: async (entry, outfile, format) => {
      const { rspack } = await load('@rspack/core');
      await compiled(rspack(packed(entry, outfile, format)));
    },
    ncc: async (entry, outfile, format) => {
      const { default: ncc } = await load('@vercel/ncc');
      const { writeFileSync } = await import('node:fs');
      const { code, assets } = await ncc(entry, { quiet: true, esm: format === 'esm' });
      for (const [name, { source }] of Object.entries<Foreign>(assets)) writeFileSync(join(dirname(outfile), name), source);
      writeFileSync(outfile, code);
    },
  };
}

/** What webpack and rspack have in common. */
function packed(entry: string, outfile: string, format: Format): object {
  const isModule = format === 'esm';
  return {
    mode: 'production',
    target: 'node20',
    entry,
    optimization: { minimize: false },
    output: {
      path: dirname(outfile),
      filename: basename(outfile),
      ...(isModule ? { module: true, chunkFormat: 'module', library: { type: 'module' } } : { library: { type: 'commonjs2' } }),
    },
    ...(isModule ? { experiments: { outputModule: true } } : {}),
  };
}

async function compiled(compiler: Foreign): Promise<void> {
  const stats: Foreign = await new Promise((resolve, reject) => {
    compiler.run((error: Error | null, result: Foreign) => (error === null ? resolve(result) : reject(error)));
  });
  await new Promise((resolve) => compiler.close(resolve));
  if (stats.hasErrors()) throw new Error(stats.toString());
}
