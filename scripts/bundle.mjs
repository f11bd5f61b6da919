// What of each package is bundled into which file.
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** The bundled packages in CommonJS. */
const isCommonJs = (importer) => /\/node_modules\/(commander|pidusage|picocolors)\//.test(importer ?? '');

/**
 * Node's own modules as packages in CommonJS get them. Through `require()` the file would need node:module; and commander requires
 * node:child_process, which loads node:net and all of node:stream, for a feature that the command does not use.
 */
const builtins = {
  name: 'builtins',
  resolveId(specifier, importer) {
    return isBuiltin(specifier) && isCommonJs(importer) ? `\0builtin:${specifier}.cjs` : null;
  },
  load(id) {
    const [, name] = /^\0builtin:(?:node:)?(.*)\.cjs$/.exec(id) ?? [];
    if (name === undefined) return null;
    const take = `process.getBuiltinModule('node:${name}')`;
    if (name !== 'child_process') return `module.exports = ${take};`;
    return ['spawn', 'exec'].map((call) => `exports.${call} = (...args) => ${take}.${call}(...args);`).join('\n');
  },
};

/**
 * `entries`: files that are loaded by their names: those of the manifest's exports map, programs, and what `import()` loads when it is used.
 * `shared`: files with the code of the sources that match, and of all that those import. Finding and opening a file costs a start more than
 * reading it, so what every start needs is one file; an entry over it is a list of names.
 */
const PACKAGES = {
  core: {
    entries: {
      index: 'index.ts',
      posix: 'posix/index.ts',
      start: 'start/index.ts',
      handover: 'handover/index.ts',
      registry: 'registry/index.ts',
    },
    shared: { core: /\/core\/src\/(?!registry\/)/ },
  },
  logging: {
    entries: { index: 'index.ts', 'logger-fds': 'logger-fds.ts' },
    shared: { sinks: /\/(sinks|log-fatal)\.ts$/ },
  },
  lease: {
    entries: { index: 'index.ts', postgres: 'postgres/index.ts', etcd: 'etcd/index.ts' },
    shared: { lease: /\/lease\/src\/(?!postgres\/|etcd\/|index\.ts)/ },
  },
  // The command in one file: its libraries as packages of their own would take 15 ms at each call on Node 20; bundled they take 6.
  cli: {
    entries: { main: 'main.ts', index: 'index.ts' },
    shared: { command: /^(?!.*\/cli\/src\/(main|index)\.ts$)/ },
    external: (specifier, importer) =>
      (isBuiltin(specifier) && specifier !== 'node:fs' && !isCommonJs(importer)) || specifier.startsWith('@daemonium/'),
    plugins: [builtins],
  },
  daemon: {
    entries: {
      index: 'index.ts',
      testing: 'testing/index.ts',
      'for-bundlers': 'for-bundlers.ts',
      'module-main': 'module-main.ts',
      'program-main': 'program-main.ts',
      'run-program': 'program/run-program.ts',
      lease: 'lease/entry.ts',
      launcher: 'launcher/entry.ts',
      foreground: 'foreground/start-here.ts',
      respawn: 'launcher/respawn.ts',
      sockets: 'sockets/entry.ts',
      'taken-by-address': 'sockets/taken-by-address.ts',
      'given-options': 'options/check-when-given.ts',
      succession: 'succession/entry.ts',
      remote: 'remote/entry.ts',
      'cli-run': 'cli/run.ts',
    },
    // Beside the class what it and a lazy file both use, which would be files of their own.
    shared: {
      daemon:
        /\/daemon\/src\/(daemon|drain|cli\/control|definition\/module-target|options\/identity|internal\/(interrupts|socket-address|state-file|unsettled)|options\/paths|protocol\/upgrade-messages)\.ts$/,
    },
  },
};

/**
 * Sources, helpers of the compiler, and what is small and needed by every start; everything else is imported from where it is installed.
 * core/src/start/index.ts says what it takes to have its code twice in a process.
 */
const INLINED = /^[./\0]|^(eventemitter3|@daemonium\/core\/start|node:fs)$|^@oxc-project\/runtime\//;

/** The JavaScript and source maps of a package, `[name, contents]`: entries last, so that none is there before what it imports. */
export async function bundlePackage(root, name) {
  const { entries, shared, plugins = [], external = (specifier) => !INLINED.test(specifier) } = PACKAGES[name];
  const bundle = await rolldown({
    cwd: root,
    platform: 'node',
    transform: { target: 'node20.19' },
    input: Object.fromEntries(Object.entries(entries).map(([entry, source]) => [entry, join(root, 'packages', name, 'src', source)])),
    resolve: {
      alias: { '@daemonium/core/start': join(root, 'packages/core/src/start/index.ts'), 'node:fs': join(root, 'scripts/node-fs.mjs') },
    },
    external,
    plugins,
    // Only with this are shared files taken together with their imports. Entries whose names a test lists are extended by none.
    preserveEntrySignatures: 'allow-extension',
  });
  const { output } = await bundle.generate({
    // Nothing is written here: source maps name their sources as seen from this directory.
    dir: join(root, 'packages', name, 'dist'),
    sourcemap: true,
    // Annotations stay: webpack, rspack and ncc leave an import() alone that says so.
    comments: { legal: true, jsdoc: false, annotation: true },
    chunkFileNames: '[name].js',
    minifyInternalExports: false,
    codeSplitting: { groups: Object.entries(shared).map(([file, test]) => ({ name: file, test })) },
  });
  await bundle.close();
  return output
    .toSorted((a, b) => Number(a.isEntry ?? false) - Number(b.isEntry ?? false))
    .map((file) => [file.fileName, Buffer.from(file.type === 'chunk' ? file.code : file.source)]);
}
