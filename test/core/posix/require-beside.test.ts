import { mkdirSync, realpathSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { singleExecutable } from '../../daemon/launcher/inject-blob.ts';
import { project, root } from '../../daemon/launcher/project.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';

const MAIN = `
  import { makePidFile } from '@daemonium/core';
  import { fileLogger } from '@daemonium/logging';
  export function work(directory) {
    fileLogger({ path: directory + '/app.log' }).info('from the bundle');
    const lock = makePidFile('app', { directory });
    console.log('worked');
    lock.release();
  }
  // As the wrapper of some other tool may leave it.
  if (process.env.NO_SCRIPT) process.argv.length = 1;
  if (process.env.WORK) work(process.env.WORK);`;

interface Bundle {
  readonly format: 'cjs' | 'esm';
  /** What the bundler makes of `import.meta.url`: its own file, nothing (CommonJS), or the source on the machine that made the bundle. */
  readonly baked?: boolean;
}

/** Made in one directory, which is gone when it runs in another. */
async function bundled(box: Sandbox, file: string, { format, baked = false }: Bundle): Promise<void> {
  const made = { ...box, path: (...names: string[]) => box.path('made', ...names) };
  mkdirSync(made.path());
  project(made, { 'main.mjs': MAIN });
  mkdirSync(dirname(box.path(file)), { recursive: true });
  await build({
    entryPoints: [made.path('main.mjs')],
    bundle: true,
    platform: 'node',
    format,
    outfile: box.path(file),
    external: ['koffi', 'pino'],
    define: baked ? { 'import.meta.url': JSON.stringify(`file://${made.path('main.mjs')}`) } : {},
    logLevel: 'silent',
  });
  rmSync(made.path(), { recursive: true });
}

function install(directory: string, ...packages: string[]): void {
  mkdirSync(join(directory, 'node_modules'), { recursive: true });
  for (const name of packages) symlinkSync(realpathSync(join(root, 'node_modules', name)), join(directory, 'node_modules', name));
}

const bundles: readonly Bundle[] = [{ format: 'cjs' }, { format: 'esm' }, { format: 'cjs', baked: true }, { format: 'esm', baked: true }];
const name = ({ format }: Bundle): string => (format === 'cjs' ? 'app.cjs' : 'app.mjs');

test.for(bundles)('a bundle that runs elsewhere finds koffi and pino beside it, %o', async (bundle) => {
  const box = sandbox();
  await bundled(box, `run/${name(bundle)}`, bundle);
  install(box.path('run'), 'koffi', 'pino');
  const { stdout, stderr } = await box.launch(box.path('run', name(bundle)), { env: { WORK: box.directory }, cwd: '/' });
  expect({ stdout, stderr }).toEqual({ stdout: 'worked\n', stderr: '' });
});

test.for(bundles)('one that a program elsewhere loads finds them beside itself, %o', async (bundle) => {
  const box = sandbox();
  await bundled(box, `library/${name(bundle)}`, bundle);
  install(box.path('library'), 'koffi', 'pino');
  writeFileSync(box.path('main.mjs'), `import { work } from ${JSON.stringify(box.path('library', name(bundle)))}; work(process.argv[2]);`);
  const { stdout, stderr } = await box.launch(box.path('main.mjs'), { args: [box.directory], cwd: '/' });
  expect({ stdout, stderr }).toEqual({ stdout: 'worked\n', stderr: '' });
});

test('a bundle that has the packages only beside the main script finds them there, through a link to that script too', async () => {
  const box = sandbox();
  await bundled(box, 'library/app.cjs', { format: 'cjs' });
  mkdirSync(box.path('app'));
  mkdirSync(box.path('bin'));
  install(box.path('app'), 'koffi', 'pino');
  writeFileSync(box.path('app/main.cjs'), `require(${JSON.stringify(box.path('library/app.cjs'))}).work(process.argv[2]);`);
  symlinkSync(box.path('app/main.cjs'), box.path('bin/app'));
  const { stdout, stderr } = await box.launch(box.path('bin/app'), { args: [box.directory], cwd: '/' });
  expect({ stdout, stderr }).toEqual({ stdout: 'worked\n', stderr: '' });
});

test.for(bundles)('without pino the error names it, and the cure, %o', async (bundle) => {
  const box = sandbox();
  await bundled(box, `run/${name(bundle)}`, bundle);
  install(box.path('run'), 'koffi');
  const { code, stderr } = await box.launch(box.path('run', name(bundle)), { env: { WORK: box.directory }, cwd: '/' });
  expect(code).toBe(1);
  expect(stderr).toMatch(/Cannot load pino: Cannot find module 'pino'\. Install it beside this program/);
  expect(stderr).toContain("code: 'ERR_PINO'");
});

test.runIf(process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64'))(
  'a single-executable application finds them beside the executable',
  async () => {
    const box = sandbox();
    mkdirSync(box.path('made'));
    project({ ...box, path: (...names: string[]) => box.path('made', ...names) }, { 'main.mjs': MAIN });
    const made = await singleExecutable(box.path('made'), box.path('made/main.mjs'));
    mkdirSync(box.path('run'));
    renameSync(made, box.path('run/app'));
    rmSync(box.path('made'), { recursive: true });
    install(box.path('run'), 'koffi', 'pino');
    const { stdout, stderr } = await box.launch('', {
      executable: box.path('run/app'),
      env: { WORK: box.directory, NO_SCRIPT: '1' },
      cwd: '/',
    });
    expect({ stdout, stderr }).toEqual({ stdout: 'worked\n', stderr: '' });
  },
);
