// Builds the packages (one JavaScript file an entry, shared chunks), then the declarations. `node .ci/build.mjs core` builds one, without types.
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const wanted = process.argv.slice(2);

/** The sources behind a package's exports map: dist/types/posix/index.d.ts is built from src/posix/index.ts as dist/posix.js. */
function entries(directory, manifest) {
  const named = { ...manifest.exports, ...manifest.daemonium?.internalEntries };
  return Object.fromEntries(
    Object.values(named)
      .filter((target) => target.default !== undefined)
      .map(({ types, default: file }) => [
        file.slice('./dist/'.length, -'.js'.length),
        join(directory, types.replace('./dist/types/', 'src/').replace(/\.d\.ts$/, '.ts')),
      ]),
  );
}

export async function buildPackage(name) {
  const directory = join(root, 'packages', name);
  const manifest = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8'));
  for (const file of readdirSync(directory).includes('dist') ? readdirSync(join(directory, 'dist')) : []) {
    if (file.endsWith('.js') || file.endsWith('.map')) rmSync(join(directory, 'dist', file));
  }
  await build({
    entryPoints: entries(directory, manifest),
    outdir: join(directory, 'dist'),
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    packages: 'external',
    keepNames: true,
    sourcemap: true,
    chunkNames: 'chunk-[hash]',
    logLevel: 'warning',
  });
}

/** Fixtures and examples are TypeScript, which Node 20 does not run: transpiled file by file, imports of `.ts` becoming `.js`. */
export async function buildPrograms(directory) {
  const sources = readdirSync(join(root, directory)).filter((file) => file.endsWith('.ts'));
  rmSync(join(root, directory, 'dist'), { recursive: true, force: true });
  const { transform } = await import('esbuild');
  const { mkdirSync, writeFileSync } = await import('node:fs');
  mkdirSync(join(root, directory, 'dist'), { recursive: true });
  for (const source of sources) {
    const { code } = await transform(readFileSync(join(root, directory, source), 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node20.19',
      sourcefile: source,
      sourcemap: 'inline',
    });
    const out = join(root, directory, 'dist', source.replace(/\.ts$/, '.js'));
    writeFileSync(out, code.replace(/(['"])(\.[^'"\n]*)\.ts\1/g, '$1$2.js$1'));
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const name of wanted.length > 0 ? wanted : ['core', 'logging', 'daemon']) await buildPackage(name);
  await buildPrograms('test/fixtures');
  await buildPrograms('examples');
  if (wanted.length === 0) execFileSync(join(root, 'node_modules/.bin/tsc'), ['-b'], { cwd: root, stdio: 'inherit' });
}
