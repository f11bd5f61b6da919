import { join } from 'node:path';
import { build, type Metafile } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { circles } from './circles.ts';
import { violations } from './floors.ts';
import { parse, root, sources } from './sources.ts';

const files = sources();
const source = (path: string): string => join(root, 'packages', path);
const ENTRIES = {
  '@daemonium/core': 'core/src/index.ts',
  '@daemonium/core/posix': 'core/src/posix/index.ts',
  '@daemonium/core/start': 'core/src/start/index.ts',
  '@daemonium/core/handover': 'core/src/handover/index.ts',
  '@daemonium/core/registry': 'core/src/registry/index.ts',
  '@daemonium/logging': 'logging/src/index.ts',
  '@daemonium/logging/logger-fds': 'logging/src/logger-fds.ts',
  '@daemonium/lease': 'lease/src/index.ts',
  '@daemonium/lease/postgres': 'lease/src/postgres/index.ts',
  '@daemonium/lease/etcd': 'lease/src/etcd/index.ts',
  '@daemonium/daemon': 'daemon/src/index.ts',
  '@daemonium/daemon/testing': 'daemon/src/testing/index.ts',
} as const;

/** Bundles an entry across the packages; what is left is what loading it loads. */
async function bundle(entry: string, format: 'esm' | 'cjs' = 'esm'): Promise<Metafile> {
  const { metafile } = await build({
    entryPoints: [source(entry)],
    // Longest first, as esbuild also matches `@daemonium/core` as the beginning of `@daemonium/core/posix`.
    alias: Object.fromEntries(
      Object.entries(ENTRIES)
        .sort(([a], [b]) => b.length - a.length)
        .map(([name, path]) => [name, source(path)]),
    ),
    bundle: true,
    external: ['koffi', 'pg', 'pino', 'daemonize-process', 'eventemitter3'],
    platform: 'node',
    format,
    splitting: format === 'esm',
    logLevel: 'silent',
    metafile: true,
    treeShaking: false,
    ignoreAnnotations: true,
    write: false,
    outdir: '/',
  });
  return metafile;
}

/** What Node's loader reads at once: the entry and, statically, on from there. A chunk behind an `import()` is not. */
async function loadedBy(entry: string): Promise<string[]> {
  const { outputs } = await bundle(entry);
  const first = Object.keys(outputs).find((path) => outputs[path]?.entryPoint?.endsWith(`packages/${entry}`)) ?? '';
  const reached = new Set([first]);
  const external = new Set<string>();
  for (const output of reached) {
    for (const { path, kind, external: isExternal } of outputs[output]?.imports ?? []) {
      if (kind === 'import-statement') (isExternal ? external : reached).add(path);
    }
  }
  return [...external].map((path) => path.replace(/^node:/, ''));
}

test('each file imports only from its floor and below', () => {
  expect(files.length).toBeGreaterThan(20);
  expect(violations(files)).toEqual([]);
});

test.each([
  ['daemon/src/launcher/launch.ts', "import type { Arrival } from '../daemonized/arrival.ts';", 'never import each other'],
  ['daemon/src/daemonized/arrive.ts', "import { launch } from '../launcher/launch.ts';", 'never import each other'],
  ['daemon/src/foreground/start-here.ts', "import { stopDaemon } from '../remote/stop.ts';", 'never import each other'],
  ['daemon/src/protocol/messages.ts', "import { resolve } from '../options/resolve.ts';", 'higher floor'],
  ['daemon/src/stages/stage-run.ts', "const { Daemon } = await import('../daemon.ts');", 'higher floor'],
  ['core/src/posix/locks.ts', "export { seal } from '../lock/seal.ts';", 'higher floor'],
  ['logging/src/sinks.ts', "import { Daemon } from '@daemonium/daemon';", 'may not import this package'],
  ['daemon/src/daemon.ts', "import { fileLogger } from '@daemonium/logging';", 'may not import this package'],
  ['daemon/src/daemon.ts', "import { seal } from '../../core/src/lock/seal.ts';", 'out of its package'],
  ['daemon/src/daemon.ts', "import {\n  type A,\n  b,\n} from 'koffi';", 'may not import this package'],
])('the rule catches %s with %s', (path, text, why) => {
  expect(violations([parse(path, text)])).toEqual([expect.stringContaining(why)]);
});

test('the rule lets types come from above, and ignores what is only written in a comment', () => {
  const text =
    "import type { Daemon } from '../daemon.ts';\n// import { x } from '../daemon.ts';\nimport { type Daemon as D } from '../daemon.ts';";
  expect(violations([parse('daemon/src/options/resolve.ts', text)])).toEqual([]);
});

test('no import circle has more than three files', () => {
  expect(circles(files).filter((circle) => circle.length > 3)).toEqual([]);
});

test('a circle is found through imports of types, exports and import() in a type', () => {
  const circle = {
    'daemon/src/a.ts': "import type { B } from './sub/b.ts';",
    'daemon/src/sub/b.ts': "export { c } from '../c.ts';",
    'daemon/src/c.ts': "export type D = typeof import('./d.ts');",
    'daemon/src/d.ts': "import {\n  type A,\n  a,\n} from './a.ts';",
  };
  const outside = { 'daemon/src/e.ts': "import './a.ts';\nimport 'node:fs';", 'daemon/src/f.ts': "// import './e.ts';" };
  const parsed = Object.entries({ ...outside, ...circle }).map(([path, text]) => parse(path, text));
  expect(circles(parsed)).toEqual([Object.keys(circle).sort()]);
  expect(circles(parsed.filter(({ path }) => path !== 'daemon/src/c.ts'))).toEqual([]);
});

test('only core/src/posix/libc.ts loads koffi', () => {
  // An error may name it, and its presence may be asked; `createRequire(...)('koffi')` is no import statement, so calls are looked for as well.
  const LOADING = /(?<!\bresolve)\(\s*['"]koffi['"]|\b(?:from|import)\s*['"]koffi['"]/;
  const loaders = files.filter(({ code }) => LOADING.test(code)).map(({ path }) => path);
  expect(loaders).toEqual(['core/src/posix/libc.ts']);
});

test('only core/src/posix looks at process.platform and /proc', () => {
  const EXCEPTIONS = [
    // Reads the files of /proc that say who started us.
    'daemon/src/launcher/supervised.ts',
    'daemon/src/launcher/package-managers.ts',
    // Refuses Windows before anything else is tried.
    'daemon/src/launcher/node-command.ts',
    // Says what it looks at.
    'cli/src/doctor/host.ts',
    // Installs for whoever starts services here.
    'cli/src/boot/host.ts',
    // For tests on Linux: finds processes by their environment.
    'daemon/src/testing/leftovers.ts',
  ];
  const elsewhere = files
    .filter(({ path }) => !['core/src/posix/', ...EXCEPTIONS].some((allowed) => path.startsWith(allowed)))
    .filter(({ code }) => /\bprocess\.platform\b|['"`]\/proc\b/.test(code));
  expect(elsewhere.map(({ path }) => path)).toEqual([]);
});

test('an index only names things', () => {
  // A bare import is for what has to happen at the first import, such as reading the marker.
  const NAMES = /^\s*(import\s+'\.[^']+';\s*|export\s+(type\s+)?\{[^}]*\}(\s+from\s+'[^']+')?;\s*)*$/;
  const others = files.filter(({ path, code }) => path.endsWith('/index.ts') && !NAMES.test(code));
  expect(others.map(({ path }) => path)).toEqual([]);
});

describe.each(Object.entries(ENTRIES))('%s', (name, entry) => {
  test('the entry has no top-level await, so that require() of it works', async () => {
    await expect(bundle(entry, 'cjs')).resolves.toBeDefined();
  });

  test('the entry loads nothing slow before it is needed', async () => {
    const loaded = await loadedBy(entry);
    expect(loaded.length, `what ${name} loads`).toBeGreaterThan(0);
    // `util`, because on Node 22 and later an import of it reads all of its lazy exports, and one of them opens process.stderr.
    const SLOW =
      /^(crypto|child_process|worker_threads|v8|net|tls|https?|http2|dgram|dns|cluster|inspector|vm|repl|util|koffi|pino|daemonize-process)(\/|$)/;
    expect(loaded.filter((path) => SLOW.test(path))).toEqual([]);
  });
});
