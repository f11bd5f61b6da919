// Builds the packages, fixtures and examples, then the declarations. `node scripts/build.mjs core` builds one package, without types.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';
import { buildNative } from './build-native.mjs';
import { bundlePackage } from './bundle.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const packageNames = ['core', 'logging', 'daemon', 'lease', 'cli'];

/** The JavaScript of one package. */
export async function buildPackage(name) {
  if (name === 'core') buildNative();
  const files = await bundlePackage(root, name);
  if (name === 'daemon') files.push(['respawn.sh', readFileSync(join(root, 'packages/daemon/src/launcher/respawn.sh'))]);
  replaceFiles(join(root, 'packages', name, 'dist'), files);
}

/** Fixtures and examples are TypeScript, which Node 20 does not run. */
export async function buildPrograms() {
  await transpile(fixtureDirectories('test'), 'test/fixtures/dist');
  await transpile(['examples'], 'examples/dist');
}

/** `test/fixtures`, and the `fixtures` beside the tests that use them. */
function fixtureDirectories(directory) {
  const inside = readdirSync(join(root, directory), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  return inside.flatMap(({ name }) => (name === 'fixtures' ? [`${directory}/${name}`] : fixtureDirectories(`${directory}/${name}`)));
}

/** File by file into one directory, so that a program is known by its name alone. Imports of `.ts` become `.js`. */
async function transpile(directories, to) {
  const sources = directories.flatMap((from) =>
    readdirSync(join(root, from))
      .filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts'))
      .map((file) => join(root, from, file)),
  );
  const names = sources.map((source) => basename(source));
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) throw new Error(`Two programs are called ${twice}; rename one of them`);
  const built = sources.map(async (source) => {
    const { code } = await transform(readFileSync(source, 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node20.19',
      sourcefile: basename(source),
      sourcemap: 'inline',
    });
    return [`${basename(source, '.ts')}.js`, Buffer.from(code.replace(/(['"])\.[^'"\n]*\/([^'"\n/]*)\.ts\1/g, '$1./$2.js$1'))];
  });
  replaceFiles(join(root, to), await Promise.all(built));
}

/** Makes a directory hold these JavaScript files and no others. Somebody may be running them: each is replaced whole, and only if it changed. */
function replaceFiles(directory, files) {
  mkdirSync(directory, { recursive: true });
  for (const [name, contents] of files) {
    const file = join(directory, name);
    if (existsSync(file) && readFileSync(file).equals(contents)) continue;
    writeFileSync(`${file}.${process.pid}`, contents);
    renameSync(`${file}.${process.pid}`, file);
  }
  const wanted = new Set(files.map(([name]) => name));
  for (const name of readdirSync(directory)) {
    if (/\.js(\.map)?$/.test(name) && !wanted.has(name)) rmSync(join(directory, name), { force: true });
  }
}

export async function buildEverything() {
  for (const name of packageNames) await buildPackage(name);
  await buildPrograms();
}

/** Type-checks everything, tests and examples too, and writes the packages' declarations. Gives tsc's status. */
export function emitDeclarations() {
  // tsc leaves the declarations of a source that was renamed or removed, and they would be published.
  for (const name of packageNames) {
    const types = join(root, 'packages', name, 'dist/types');
    const declarations = existsSync(types) ? readdirSync(types, { recursive: true }).filter((file) => file.endsWith('.d.ts')) : [];
    for (const file of declarations) {
      if (!existsSync(join(root, 'packages', name, 'src', file.replace(/\.d\.ts$/, '.ts')))) rmSync(join(types, file));
    }
  }
  return spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b'], { cwd: root, stdio: 'inherit' }).status ?? 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  if (wanted.length === 0) {
    await buildEverything();
    process.exitCode = emitDeclarations();
  } else {
    for (const name of wanted) await buildPackage(name);
    await buildPrograms();
  }
}
