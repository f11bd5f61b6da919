import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import type { LaunchOptions } from '../../helpers/launch.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { project, root } from './project.ts';
import { failureOf, toldBy } from './told.ts';

/** Tells of its start in a line of JSON, whatever else a runner prints. */
const START = `
import { Daemon } from '@daemonium/daemon';
import { tell } from '${fixture('start-report')}';
const daemon = new Daemon({ startTimeout: 10_000, target: () => void setInterval(() => {}, 1_000) });
await tell(daemon, daemon.start());
`;

const READY = readFileSync(fixture('start-ready'), 'utf8').replace('./start-report.js', fixture('start-report'));

/** A package that is installed somewhere else, behind a link, as pnpm does it. */
function install(box: Sandbox, path: string, text: string): string {
  const file = box.path('store/node_modules', path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
  symlinkSync(join(root, 'node_modules/@daemonium'), box.path('store/node_modules/@daemonium'));
  symlinkSync(file, box.path('link.mjs'));
  return file;
}

const refused = (runner: string) => ({
  class: 'DaemonError',
  code: 'ERR_TEST_RUNNER',
  message: expect.stringMatching(new RegExp(`a test of ${runner}: .*module target`)),
});

async function startIn(box: Sandbox, options: LaunchOptions) {
  const { stdout, stderr } = await box.launch('', options);
  // TAP puts a sign in front of each line of a test.
  const line = /\{"ok":.*\}/.exec(stdout)?.[0];
  if (line === undefined) throw new Error(`No start was told of: ${stdout}${stderr}`);
  return { stdout: line, stderr: '', code: 0 } as Awaited<ReturnType<Sandbox['launch']>>;
}

test.each(['mocha/bin/mocha.js', 'mocha/lib/cli/cli.js', 'ava/entrypoints/cli.mjs', 'ava/lib/worker/base.js'])(
  'the script entry is refused in the process of a runner: %s',
  async (path) => {
    const box = sandbox();
    const [runner = ''] = path.split('/');
    install(box, path, READY);
    writeFileSync(box.path(`store/node_modules/${runner}/package.json`), '{"type":"module"}');
    expect(failureOf(await box.launch(box.path('link.mjs')))).toMatchObject(refused(runner));
  },
);

test('the script entry is refused in a test of mocha itself', async () => {
  const box = sandbox();
  project(box, {
    'a.test.mjs': `describe('a', () => { it('starts', async () => {\n${START.replaceAll(/^import .*$/gm, '')}\n}).timeout(10_000); });`,
  });
  writeFileSync(box.path('b.test.mjs'), `${START.match(/^import .*$/gm)?.join('\n')}\n${readFileSync(box.path('a.test.mjs'), 'utf8')}`);
  const started = await startIn(box, { execArgv: ['node_modules/mocha/bin/mocha.js', 'b.test.mjs'] });
  expect(failureOf(started)).toMatchObject(refused('mocha'));
});

test('the script entry is refused in a test of tap, by the hooks that load tap’s tests; not in what the tests start', async () => {
  const box = sandbox();
  install(box, '@tapjs/mock/dist/esm/import.mjs', '');
  project(box, { 'ready.mjs': READY });
  const hooks = ['--import', box.path('store/node_modules/@tapjs/mock/dist/esm/import.mjs')];
  expect(failureOf(await box.launch(box.path('ready.mjs'), { execArgv: hooks, env: { TAP: '1' } }))).toMatchObject(refused('tap'));
  const env = { TAP: '1', TAP_CHILD_ID: '1', NODE_OPTIONS: hooks.join(' ') };
  expect(toldBy(await box.launch(box.path('ready.mjs'), { env }))).toMatchObject({ ok: true });
});

test.each([
  // TAP would escape what is told.
  ['node --test', ['--test', '--test-reporter=spec', 'own.test.mjs']],
  ['node', ['own.test.mjs']],
])('the script entry is refused in a test of node:test, run by %s', async (_, execArgv) => {
  const box = sandbox();
  project(box, { 'own.test.mjs': `import test from 'node:test';\n${START}` });
  expect(failureOf(await startIn(box, { execArgv }))).toMatchObject(refused('node:test'));
});

test('an ordinary program that a test of node:test starts is not refused', async () => {
  const box = sandbox();
  const program = JSON.stringify([fixture('start-ready'), box.path('daemon.pid')]);
  project(box, {
    'own.test.mjs': `
      import { execFileSync } from 'node:child_process';
      import test from 'node:test';
      test('starts one', () => console.log(process.env.NODE_TEST_CONTEXT, execFileSync(process.execPath, ${program}, { encoding: 'utf8' })));`,
  });
  expect(toldBy(await startIn(box, { execArgv: ['--test', 'own.test.mjs'] }))).toMatchObject({ ok: true, pid: await box.readPid() });
});

/** What jiti's and vite-node's commands do with their command line before they load the script into their own process. */
const COMMANDS = {
  jiti: 'const [script] = process.argv.splice(2, 1);\nprocess.argv[1] = (await import("node:path")).resolve(script);\nawait import(process.argv[1]);',
  'vite-node': 'const [script] = process.argv.splice(2, 1);\nawait import((await import("node:path")).resolve(script));',
} as const;

test.each(Object.entries(COMMANDS))(
  'a script that %s has loaded into its own process cannot be repeated; the error names another way',
  async (name, text) => {
    const box = sandbox();
    install(box, `${name}/lib/cli.mjs`, text);
    project(box, { 'ready.mjs': READY });
    const failure = failureOf(await box.launch(box.path('link.mjs'), { args: ['ready.mjs', box.path('daemon.pid')] }));
    expect(failure).toMatchObject({
      class: 'DaemonError',
      code: 'ERR_SCRIPT_LOADER',
      message: expect.stringMatching(new RegExp(`${name} has loaded it .*node --import .*module target`, 'i')),
    });
  },
);

test('jiti, its own command: the script entry is refused, a module target works, and so does the API in CommonJS', async () => {
  const box = sandbox();
  const start = (target: string) => `
    import { Daemon } from '@daemonium/daemon';
    enum Kind { Typed = 'typed' }
    const daemon: Daemon = new Daemon({ pidFile: '${box.path('daemon.pid')}', name: Kind.Typed, target: ${target} });
    daemon.start().then(() => console.log(JSON.stringify({ ok: true, pid: daemon.pid })), (error) => console.log(JSON.stringify({ ok: false, failure: { code: error.code } })));`;
  project(box, {
    'script.ts': start('() => {}'),
    'module.ts': start(`'${box.path('target.mjs')}'`),
    'target.mjs': 'export default () => void setInterval(() => {}, 1_000);',
    // This one makes CommonJS of the package itself, which version 2 leaves to Node.js.
    'api.cjs': `require('jiti-1')(__filename)('./module.ts');`,
  });
  const jiti = 'node_modules/jiti/lib/jiti-cli.mjs';
  expect(failureOf(await startIn(box, { execArgv: [jiti, 'script.ts'] }))).toMatchObject({ code: 'ERR_SCRIPT_LOADER' });
  expect(toldBy(await startIn(box, { execArgv: [jiti, 'module.ts'] }))).toMatchObject({ ok: true, pid: await box.readPid() });
  await box.reap();
  expect(toldBy(await startIn(box, { execArgv: ['api.cjs'] }))).toMatchObject({ ok: true, pid: await box.readPid() });
});
