// Builds the packages (one JavaScript file an entry, shared chunks), then the declarations. `node .ci/build.mjs core` builds one, without types.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const packageNames = ['core', 'logging', 'daemon'];

/** The sources behind a package's exports map: dist/types/posix/index.d.ts is built from src/posix/index.ts as dist/posix.js. */
export function entries(name) {
  const manifest = JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8'));
  return Object.fromEntries(
    Object.values(manifest.exports)
      .filter((target) => target.default !== undefined)
      .map(({ types, default: file }) => [
        file.slice('./dist/'.length, -'.js'.length),
        join(root, 'packages', name, types.replace('./dist/types/', 'src/').replace(/\.d\.ts$/, '.ts')),
      ]),
  );
}

/**
 * Importing a file costs a start-up about as much as executing it, so a package whose manifest names a bundle (`daemonium.bundle`) is that
 * one file with the code of all its entries; the others are lists of names out of it, and a class is one class. An entry that few programs
 * load (`daemonium.beside`) keeps its own folder's code to itself, over the bundle; what the bundle imports only when it is needed
 * (`daemonium.lazy`) is a file of its own, too. A dependency so small that finding it takes longer than reading it (`daemonium.inlined`) is
 * in the bundle; one of ours from its source. Without a bundle, entries share chunks.
 */
export async function buildPackage(name) {
  const directory = join(root, 'packages', name);
  const outdir = join(directory, 'dist');
  const {
    bundle,
    programs = [],
    beside = [],
    lazy = [],
    inlined = [],
  } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')).daemonium ?? {};
  const everything = Object.entries(entries(name));
  const all = Object.fromEntries(everything.filter(([entry]) => !beside.includes(entry)));
  if (bundle === undefined) return replaceFiles(outdir, await bundled(all, outdir));
  const sources = [...Object.values(all), ...programs.flatMap((program) => importsOf(join(directory, 'src', `${program}.ts`)))];
  const files = await oneFile(bundle, sources, outdir, { directory, lazy, inlined });
  for (const program of programs) files.push([`${program}.js`, programOver(bundle, join(directory, 'src', `${program}.ts`))]);
  for (const [entry, source] of Object.entries(all)) if (entry !== bundle) files.push([`${entry}.js`, await namesOutOf(bundle, source)]);
  for (const [entry, source] of everything) if (beside.includes(entry)) files.push(...(await besideBundle(bundle, entry, source, outdir)));
  replaceFiles(outdir, files);
}

/** What is outside of the entry's folder is the bundle's: only names that the bundle exports can be imported from there. */
async function besideBundle(bundle, entry, source, outdir) {
  const outside = {
    name: 'outside',
    setup: (esbuild) => esbuild.onResolve({ filter: /^\.\.\// }, () => ({ path: `./${bundle}.js`, external: true, sideEffects: false })),
  };
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: [source],
    outfile: join(outdir, `${entry}.js`),
    plugins: [outside],
    sourcemap: true,
    write: false,
  });
  return outputFiles.map(({ path, contents }) => [basename(path), contents]);
}

/** A program is a few lines over the package: what it imports is in the bundle, too. */
const RELATIVE = /from '(\..*)'/g;

function importsOf(program) {
  return [...readFileSync(program, 'utf8').matchAll(RELATIVE)].map(([, path]) => join(dirname(program), path));
}

function programOver(bundle, program) {
  return Buffer.from(readFileSync(program, 'utf8').replace(RELATIVE, `from './${bundle}.js'`));
}

const ownFile = (source) => `${basename(source)}.js`;

/** The bundle, and the files that it imports when they are needed. What those use of the bundle it exports under a name with a `_` in front. */
async function oneFile(bundle, sources, outdir, { directory, lazy, inlined }) {
  const plugins = [inline(inlined), apart(directory, lazy)];
  const exported = sources.map((source) => `export * from ${JSON.stringify(source)};`);
  const compile = async (contents) => {
    const stdin = { contents: contents.join('\n'), resolveDir: root, sourcefile: `${bundle}.entries.js` };
    return build({
      ...OPTIONS,
      stdin,
      plugins,
      absWorkingDir: root,
      metafile: true,
      outfile: join(outdir, `${bundle}.js`),
      sourcemap: true,
      write: false,
    });
  };
  const written = ({ outputFiles }) => outputFiles.map(({ path, contents }) => [basename(path), contents]);
  const alone = await compile(exported);
  // Not what was looked at and left out again.
  const inputs = Object.values(alone.metafile.outputs).flatMap((output) => Object.entries(output.inputs));
  const within = new Set(inputs.filter(([, { bytesInOutput }]) => bytesInOutput > 0).map(([path]) => join(root, path)));
  const shared = new Map();
  const files = [];
  for (const source of lazy) {
    const { outputFiles } = await build({
      ...OPTIONS,
      entryPoints: [join(directory, 'src', `${source}.ts`)],
      outfile: join(outdir, ownFile(source)),
      plugins: [outOf(bundle, within, inlined), apart(directory, lazy)],
      sourcemap: true,
      write: false,
    });
    for (const { path, text } of outputFiles) files.push([basename(path), Buffer.from(underOwnNames(text, bundle, shared))]);
  }
  const names = [...shared].map(([name, { source, original }]) => `export { ${original} as ${name} } from ${JSON.stringify(source)};`);
  return [...written(names.length === 0 ? alone : await compile([...exported, ...names])), ...files];
}

/** An import out of the bundle, as {@link outOf} leaves it: `import { a, b as c } from "./index.js?/the/source.ts";` */
const OUT_OF_BUNDLE = /import \{([^}]*)\} from "\.\/([\w-]+\.js)\?([^"]+)";/g;

function underOwnNames(text, bundle, shared) {
  return text.replace(OUT_OF_BUNDLE, (_, list, file, source) => {
    const names = list.split(',').map((item) => {
      const [original, local = original] = item.trim().split(' as ');
      const name = `_${original}`;
      const known = shared.get(name);
      if (known !== undefined && known.source !== source)
        throw new Error(`${bundle}: two things are called ${original}: ${known.source}, ${source}`);
      shared.set(name, { source, original });
      return `${name} as ${local}`;
    });
    return `import { ${names.join(', ')} } from "./${file}";`;
  });
}

function apart(directory, lazy) {
  const own = new Map(lazy.map((source) => [join(directory, 'src', `${source}.ts`), `./${ownFile(source)}`]));
  return {
    name: 'apart',
    setup: (esbuild) =>
      esbuild.onResolve({ filter: /\.ts$/ }, ({ path, resolveDir, kind }) => {
        const file = kind === 'dynamic-import' ? own.get(join(resolveDir, path)) : undefined;
        return file === undefined ? undefined : { path: file, external: true };
      }),
  };
}

/** `packages: 'external'` is decided before resolving, so what is not external is named by its file. */
function inline(names) {
  return {
    name: 'inline',
    setup: (esbuild) =>
      esbuild.onResolve({ filter: anyOf(names) }, ({ path, resolveDir }) => ({ path: fileOf(path, resolveDir), sideEffects: false })),
  };
}

const anyOf = (names) => new RegExp(`^(${names.join('|') || '\\b\\B'})$`);

function fileOf(specifier, resolveDir) {
  const [, ours, entry] = /^@daemonium\/([\w-]+)\/([\w-]+)$/.exec(specifier) ?? [];
  return ours === undefined ? createRequire(join(resolveDir, 'x.js')).resolve(specifier) : entries(ours)[entry];
}

/** What the bundle has is not written twice: classes and state are one, and code is read once. */
function outOf(bundle, within, inlined) {
  return {
    name: 'out-of',
    setup: (esbuild) => {
      const take = (file) => (within.has(file) ? { path: `./${bundle}.js?${file}`, external: true, sideEffects: false } : undefined);
      esbuild.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir, kind }) =>
        kind === 'import-statement' ? take(join(resolveDir, path)) : undefined,
      );
      esbuild.onResolve({ filter: anyOf(inlined) }, ({ path, resolveDir }) => {
        const file = fileOf(path, resolveDir);
        return take(file) ?? { path: file, sideEffects: false };
      });
    },
  };
}

async function bundled(entryPoints, outdir) {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints,
    outdir,
    splitting: true,
    sourcemap: true,
    chunkNames: 'chunk-[hash]',
    write: false,
  });
  // Chunks first, so that no entry is there before what it imports.
  return outputFiles
    .map(({ path, contents }) => [basename(path), contents])
    .sort(([a], [b]) => Number(b.startsWith('chunk-')) - Number(a.startsWith('chunk-')));
}

const OPTIONS = { bundle: true, format: 'esm', platform: 'node', target: 'node20.19', packages: 'external', logLevel: 'warning' };

async function namesOutOf(bundle, source) {
  const { metafile } = await build({ ...OPTIONS, entryPoints: [source], outdir: root, metafile: true, write: false });
  const names = Object.values(metafile.outputs).flatMap((output) => output.exports);
  return Buffer.from(`export { ${names.sort().join(', ')} } from './${bundle}.js';\n`);
}

/** Fixtures and examples are TypeScript, which Node 20 does not run: transpiled file by file, imports of `.ts` becoming `.js`. */
export async function buildPrograms(directory) {
  const from = join(root, directory);
  const sources = existsSync(from) ? readdirSync(from).filter((file) => file.endsWith('.ts') && !file.endsWith('.d.ts')) : [];
  const built = sources.map(async (source) => {
    const { code } = await transform(readFileSync(join(from, source), 'utf8'), {
      loader: 'ts',
      format: 'esm',
      target: 'node20.19',
      sourcefile: source,
      sourcemap: 'inline',
    });
    return [source.replace(/\.ts$/, '.js'), Buffer.from(code.replace(/(['"])(\.[^'"\n]*)\.ts\1/g, '$1$2.js$1'))];
  });
  replaceFiles(join(from, 'dist'), await Promise.all(built));
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
  await buildPrograms('test/fixtures');
  await buildPrograms('examples');
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
    await buildPrograms('test/fixtures');
    await buildPrograms('examples');
  }
}
