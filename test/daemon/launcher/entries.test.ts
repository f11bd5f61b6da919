import { cpSync, existsSync, mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { addonFile } from '../../helpers/caller.ts';
import { observe } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { project, root, tsx } from './project.ts';
import { failureOf, toldBy } from './told.ts';

const SCRIPT = `
import { Daemon } from '@daemonium/daemon';
const daemon: Daemon<[n: number]> = new Daemon({ pidFile: 'daemon.pid', args: [7], target: (n: number): void => { setInterval(() => {}, 1000); } });
console.log('hello ' + (globalThis as { preloaded?: string }).preloaded);
await daemon.start();
console.log(JSON.stringify({ ok: true, pid: daemon.pid, output: daemon.output }));
`;
const JAVASCRIPT = SCRIPT.replace(/: Daemon<\[n: number\]>|: number|: void| as \{ preloaded\?: string \}/g, '');

const lastLine = (text: string) => JSON.parse(text.trimEnd().split('\n').at(-1) ?? '') as { ok: boolean; pid: number; output: string };

test.each([
  ['the tsx CLI', [tsx]],
  ['node --import tsx', ['--import', 'tsx']],
])('TypeScript through %s, which the daemon runs through again', async (_, execArgv) => {
  const box = sandbox();
  project(box, { 'main.ts': SCRIPT, 'package.json': '{"type":"module"}' });
  const { stdout, stderr, code } = await box.launch('', { execArgv: [...execArgv, 'main.ts'] });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(lastLine(stdout)).toMatchObject({ ok: true, pid: await box.readPid(), output: 'hello undefined\n' });
});

test('--require and --import are run in the daemon, too', async () => {
  const box = sandbox();
  const files = { 'a.cjs': "globalThis.preloaded = 'a';", 'b.mjs': "globalThis.preloaded += 'b';" };
  project(box, { 'main.mjs': JAVASCRIPT, ...files });
  const { stdout } = await box.launch('', { execArgv: ['--require', './a.cjs', '--import', './b.mjs', 'main.mjs'] });
  expect(lastLine(stdout).output).toBe('hello ab\n');
});

test('a CommonJS program, through require()', async () => {
  const box = sandbox();
  project(box, {
    'main.cjs': `
      const { Daemon } = require('@daemonium/daemon');
      const daemon = new Daemon({ pidFile: 'daemon.pid', target() { setInterval(() => {}, 1000); } });
      daemon.start().then(() => console.log(JSON.stringify({ ok: true, pid: daemon.pid })));`,
  });
  // require() of ES modules is announced as experimental by some versions of Node.js.
  const { stdout } = await box.launch('', { execArgv: ['--no-warnings', 'main.cjs'] });
  expect(lastLine(stdout).pid).toBe(await box.readPid());
});

test('npm start detaches, and npm ends', async () => {
  const box = sandbox();
  project(box, { 'main.mjs': JAVASCRIPT, 'package.json': '{"scripts":{"start":"node main.mjs"},"config":{"a-b":"c"}}' });
  const { stdout, code } = await box.launch('', { executable: 'npm', args: ['start', '--no-update-notifier'] });
  expect(code).toBe(0);
  const { pid } = lastLine(stdout);
  expect(observe(pid)).toMatchObject({ pid, tty: 0, cwd: '/' });
});

describe('an application in one file', () => {
  let made: Sandbox;
  beforeAll(async () => {
    made = sandbox(() => {});
    await bundle(made);
    return () => made[Symbol.asyncDispose]();
  });

  /** Runs one of the bundles in a sandbox. */
  const run = async (box: Sandbox, app: string, ...args: string[]) =>
    lastLine((await box.launch('', { execArgv: [made.path(app), ...args] })).stdout);

  test.each(['cjs', 'mjs'])('as %s, needs koffi beside it, and that only for a pid file', async (kind) => {
    const box = sandbox();
    expect(await run(box, `bare/app.${kind}`, 'script')).toMatchObject({ ok: true });
    expect(await run(box, `bare/app.${kind}`, 'script', box.path('daemon.pid'))).toMatchObject({
      ok: false,
      message: expect.stringMatching(/Cannot load koffi.*Cannot find module 'koffi'; .*npm install koffi/),
    });
    const started = { ok: true, alive: [false, true] };
    expect(await run(box, `koffi/app.${kind}`, 'script', box.path('daemon.pid'))).toMatchObject({ ...started, pid: await box.readPid() });
    // What answers at once finds the lock, and the system calls, in the bundle.
    expect(await run(box, `koffi/app.${kind}`, 'kill')).toMatchObject({ ...started, killed: true });
  });

  test.skipIf(!existsSync(addonFile)).each(['cjs', 'mjs'])('as %s, finds the addon of core beside it', async (kind) => {
    const box = sandbox();
    const started = { ok: true, alive: [false, true], killed: true };
    expect(await run(box, `addon/app.${kind}`, 'kill', box.path('daemon.pid'))).toMatchObject({ ...started, pid: await box.readPid() });
  });

  test('by a bundler that does not ask for a file of its own, gets the lock all the same, as soon as something starts', async () => {
    const box = sandbox();
    const started = { ok: true, alive: [false, true], killed: true };
    expect(await run(box, 'koffi/plain.mjs', 'kill', box.path('daemon.pid'))).toMatchObject(started);
  });

  test('needs this package outside of it for a module target, and says so', async () => {
    const box = sandbox();
    const target = made.path('installed/target.mjs');
    for (const kind of ['cjs', 'mjs']) {
      expect(await run(box, `koffi/app.${kind}`, 'module', target)).toMatchObject({
        ok: false,
        code: 'ERR_BUNDLED',
        message: expect.stringMatching(/npm install @daemonium\/daemon/),
      });
    }
    expect(await run(box, 'installed/app.mjs', 'module', target)).toMatchObject({ ok: true });
  });
});

/** Bundles into a directory where nothing is installed, or koffi alone, or everything; or where the addon lies beside the application. */
async function bundle(box: Sandbox): Promise<void> {
  const main = `
    import { Daemon } from '@daemonium/daemon';
    const [how, option] = process.argv.slice(2);
    const daemon = new Daemon(
      how === 'module' ? { target: option } : { target: () => void setInterval(() => {}, 1000), ...(option === undefined ? {} : { pidFile: option }) },
    );
    const before = daemon.isAlive();
    daemon.start().then(
      () => console.log(JSON.stringify({ ok: true, pid: daemon.pid, alive: [before, daemon.isAlive()], ...(how === 'kill' ? { killed: daemon.kill(0) } : {}) })),
      ({ message, code, name }) => console.log(JSON.stringify({ ok: false, message, code, name })),
    );`;
  const installed = { ...box, path: (...names: string[]) => box.path('installed', ...names) };
  mkdirSync(installed.path());
  project(installed, { 'main.mjs': main, 'target.mjs': 'export default () => void setInterval(() => {}, 1000);' });
  const into = (outfile: string, external: string[], conditions = ['module']) =>
    build({
      entryPoints: [installed.path('main.mjs')],
      bundle: true,
      platform: 'node',
      format: outfile.endsWith('.cjs') ? 'cjs' : 'esm',
      outfile: box.path(outfile),
      external,
      conditions,
      logLevel: 'silent',
    });
  await into('installed/app.mjs', ['@daemonium/*', 'koffi']);
  for (const where of ['bare', 'koffi', 'addon']) for (const kind of ['cjs', 'mjs']) await into(`${where}/app.${kind}`, ['koffi', 'pino']);
  await into('koffi/plain.mjs', ['koffi', 'pino'], []);
  mkdirSync(box.path('koffi/node_modules'));
  symlinkSync(realpathSync(join(root, 'node_modules/koffi')), box.path('koffi/node_modules/koffi'));
  if (existsSync(addonFile)) cpSync(addonFile, box.path('addon', basename(addonFile)));
}

const NO_SCRIPT = `
  import { Daemon } from '@daemonium/daemon';
  const tell = async (target, args = []) => { const d = new Daemon({ target, args }); try { await d.start(); return { ok: true }; } catch (e) { return { ok: false, name: e.name, code: e.code, message: e.message }; } };
  console.log(JSON.stringify([await tell(() => {}), await tell(process.env.TARGET, [process.env.DIRECTORY])]));`;

test.each([
  ['-e', { execArgv: ['--input-type=module', '-e', NO_SCRIPT] }, /-e or --print/],
  ['stdin', { execArgv: ['--input-type=module', '-'], stdin: { content: NO_SCRIPT } }, /stdin/],
  ['stdin without a name', { execArgv: ['--input-type=module'], stdin: { content: NO_SCRIPT } }, /stdin/],
])('a program without a script file is refused, and its module target works: %s', async (_, options, why) => {
  const box = sandbox();
  project(box, {});
  const env = { TARGET: fixture('start-module-target'), DIRECTORY: box.directory };
  const { stdout, stderr } = await box.launch('', { ...options, env });
  expect(stderr).toBe('');
  const [script, module] = JSON.parse(stdout);
  expect(script).toMatchObject({ ok: false, name: 'DaemonError', code: 'ERR_NO_SCRIPT', message: expect.stringMatching(why) });
  expect(script.message).toMatch(/module target works here/);
  expect(module).toEqual({ ok: true });
});

test('the REPL is refused', async () => {
  const box = sandbox();
  project(box, {});
  const content = `const { Daemon } = require('@daemonium/daemon')
new Daemon({ target() {} }).start().catch((e) => { console.log('told', e.code); process.exit() })
`;
  // Its stdin stays open, as a terminal does: at the end of its input the REPL ends without waiting for anything.
  const { child, finished } = box.spawn('', { execArgv: ['--no-warnings', '-i'], stdin: 'pipe' });
  child.stdin?.write(content);
  expect((await finished).stdout).toContain('told ERR_NO_SCRIPT');
});

test.each([
  ['worker', 'ERR_WORKER_THREAD'],
  ['cluster', 'ERR_CLUSTER_WORKER'],
])('a %s is refused', async (where, code) => {
  const box = sandbox();
  const { stdout, stderr } = await box.launch('start-refused', { args: [where, fixture('start-module-target'), box.directory] });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toMatchObject([
    { ok: false, failure: { class: 'DaemonError', code } },
    { ok: true, pid: expect.any(Number) },
  ]);
});

test.each(['vitest', 'tinypool', 'jest-worker'])(
  'the worker of a test runner is refused, but not a program that it starts: %s',
  async (runner) => {
    const box = sandbox();
    mkdirSync(box.path('real'), { recursive: true });
    project({ ...box, path: (...names) => box.path('real', ...names) }, {});
    const worker = `real/runner/node_modules/${runner}/dist/worker.mjs`;
    mkdirSync(dirname(box.path(worker)), { recursive: true });
    const text = readFileSync(fixture('start-ready'), 'utf8').replace('./start-report.js', fixture('start-report'));
    for (const path of [worker, 'real/ordinary.mjs']) writeFileSync(box.path(path), text);
    symlinkSync(box.path(worker), box.path('link.mjs'));
    const env = runner.startsWith('jest') ? { JEST_WORKER_ID: '1' } : { VITEST: 'true' };
    const failure = failureOf(await box.launch(box.path('link.mjs'), { env }));
    expect(failure).toMatchObject({ class: 'DaemonError', code: 'ERR_TEST_RUNNER', message: expect.stringContaining(runner) });
    expect(toldBy(await box.launch(box.path('real/ordinary.mjs'), { env }))).toMatchObject({ ok: true });
  },
);

test.each(['bun', 'deno'])('another runtime is refused: %s', async (name) => {
  const box = sandbox();
  writeFileSync(box.path('other.cjs'), `Object.defineProperty(process, 'versions', { value: { ...process.versions, ${name}: '1.0.0' } });`);
  const failure = failureOf(await box.launch('start-ready', { execArgv: ['--require', box.path('other.cjs')] }));
  expect(failure).toMatchObject({
    class: 'DaemonError',
    code: 'ERR_PLATFORM',
    message: expect.stringMatching(new RegExp(`^${name}`, 'i')),
  });
});

/** Runs a program in a directory that is removed right before. */
function inRemovedDirectory(box: Sandbox, program: string) {
  mkdirSync(box.path('gone'));
  const words = 'cd "$0" && rmdir "$0" && exec "$@"';
  return box.launch('-c', { executable: 'sh', args: [words, box.path('gone'), process.execPath, program] });
}

const GONE = { code: 'ERR_NO_DIRECTORY', message: expect.stringContaining('change to a directory that exists') };

test('a start from a working directory that is gone is refused', async () => {
  const box = sandbox();
  const ended = await inRemovedDirectory(box, fixture('start-ready'));
  expect(failureOf(ended)).toMatchObject(GONE);
});

test('a relative path in a working directory that is gone is refused', async () => {
  const box = sandbox();
  project(box, {
    'relative.mjs': `import { Daemon } from '@daemonium/daemon';
      try { new Daemon({ pidFile: 'daemon.pid' }).pidFile; } catch ({ code, message }) { console.log(JSON.stringify({ code, message })); }`,
  });
  const { stdout } = await inRemovedDirectory(box, box.path('relative.mjs'));
  expect(JSON.parse(stdout)).toMatchObject(GONE);
});

test('the permission model without leave to start processes is refused', async () => {
  const box = sandbox();
  // Its name until Node 22.
  const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
  const execArgv = ['--no-warnings', permission, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-addons'];
  // Not every version knows all of these.
  const known = execArgv.filter((flag) => process.allowedNodeEnvironmentFlags.has(flag.split('=')[0] ?? ''));
  const { stdout } = await box.launch(fixture('start-module'), { execArgv: known, args: [fixture('start-module-target'), box.directory] });
  expect(stdout).toContain('"code":"ERR_PERMISSION"');
});
