import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { ended, logged, started, written } from './start.ts';

const KEPT = 'setInterval(() => {}, 1e9);';

/** The JSON line that a program has printed. */
const seenBy = async (box: Sandbox): Promise<unknown> => JSON.parse((await logged(box, '}\n')).trim());

test('CommonJS: the main module, with its arguments as they were given', async () => {
  const box = sandbox();
  const script = written(
    box,
    'server.js',
    `console.log(JSON.stringify({ main: require.main === module, file: __filename, argv: process.argv, execArgv: process.execArgv, cwd: process.cwd() })); ${KEPT}`,
  );
  const argv = ['--port', '8080', 'a b', '', '--', '-x', '$HOME "quoted"', 'ünï'];
  const { pid } = await started(box, script, { target: { argv } });
  expect(await seenBy(box)).toEqual({ main: true, file: script, argv: [process.execPath, script, ...argv], execArgv: [], cwd: '/' });
  expect(await box.readPid()).toBe(pid);
  expect(await box.isLocked()).toBe(true);
  expect(observe(pid)).toMatchObject({ cwd: '/', umask: '0077', tty: 0 });
  await ended(box, pid);
});

test('ESM: import.meta.main is true, as under node', async () => {
  const box = sandbox();
  const script = written(
    box,
    'server.mjs',
    `await null; console.log(JSON.stringify({ main: String(import.meta.main), url: import.meta.url, argv: process.argv.slice(1) })); if (process.argv.length > 2) ${KEPT}`,
  );
  const underNode = JSON.parse((await box.launch(script)).stdout) as object;
  const { pid } = await started(box, script, { target: { argv: ['stay'] } });
  expect(await seenBy(box)).toEqual({ ...underNode, argv: [script, 'stay'] });
  await ended(box, pid);
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const strips = major > 22 || (major === 22 && minor >= 18);
const TYPED = `enum Colour { Red = 'red' } const word: string = Colour.Red; console.log(JSON.stringify({ word })); ${KEPT}`;

test.skipIf(!strips)('TypeScript, where Node runs it by itself', async () => {
  const box = sandbox();
  const script = written(box, 'server.ts', `const word: string = 'red'; console.log(JSON.stringify({ word })); ${KEPT}`);
  const { pid } = await started(box, script);
  expect(await seenBy(box)).toEqual({ word: 'red' });
  await ended(box, pid);
});

const tsx = import.meta.resolve('tsx');

test.each(['server.ts', 'server.mts', 'server.cts'])('TypeScript with --import tsx among its own flags: %s', async (file) => {
  const box = sandbox();
  const { pid } = await started(box, written(box, file, TYPED), { target: { execArgv: ['--import', tsx] } });
  expect(await seenBy(box)).toEqual({ word: 'red' });
  await ended(box, pid);
});

test('the loaders and flags of the launcher are its own, too', async () => {
  const box = sandbox();
  const script = written(
    box,
    'server.ts',
    `enum E { A } console.log(JSON.stringify({ execArgv: process.execArgv, tsx: E.A === 0 })); ${KEPT}`,
  );
  const { pid } = await started(box, script, {
    target: { execArgv: ['--stack-size=900'] },
    launch: { execArgv: ['--import', tsx] },
  });
  expect(await seenBy(box)).toEqual({ execArgv: ['--import', tsx, '--stack-size=900'], tsx: true });
  await ended(box, pid);
});

test('its own flags name files from where the launcher is, and its workers have them as well', async () => {
  const box = sandbox();
  written(box, 'first.mjs', `globalThis.first = 'loaded';`);
  const lines = `
    const cluster = require('node:cluster');
    if (cluster.isPrimary) cluster.fork().on('message', (message) => console.log(JSON.stringify({ primary: globalThis.first, worker: message })));
    else process.send(globalThis.first);
    ${KEPT}`;
  const { pid } = await started(box, written(box, 'server.cjs', lines), { target: { execArgv: ['--import', './first.mjs'] } });
  expect(await seenBy(box)).toEqual({ primary: 'loaded', worker: 'loaded' });
  await ended(box, pid);
});

test('ps and pgrep find it by its script and arguments', async () => {
  const box = sandbox();
  const script = written(box, 'server.js', KEPT);
  const { pid } = await started(box, script, { target: { argv: ['--port', '8080'] }, options: { name: 'web' } });
  expect(execFileSync('pgrep', ['-f', `${box.directory}/server.js`], { encoding: 'utf8' })).toBe(`${pid}\n`);
  expect(execFileSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' }).trimEnd()).toMatch(
    new RegExp(` ${script} --port 8080$`),
  );
  await ended(box, pid);
});

test('a path is relative to where the launcher is, although the daemon is at /', async () => {
  const box = sandbox();
  mkdirSync(box.path('app'));
  const script = written(box, 'app/server.js', `console.log(JSON.stringify({ file: __filename, argv: process.argv[1] })); ${KEPT}`);
  const { pid } = await started(box, 'app/server.js');
  expect(await seenBy(box)).toEqual({ file: script, argv: script });
  await ended(box, pid);
});

test('a file: URL', async () => {
  const box = sandbox();
  const script = written(box, 'a server.js', `console.log(JSON.stringify({ file: __filename })); ${KEPT}`);
  writeFileSync(
    box.path('launch.mjs'),
    `import { Daemon } from ${JSON.stringify(import.meta.resolve('@daemonium/daemon'))};
     const daemon = new Daemon({ target: { script: new URL(${JSON.stringify(pathToFileURL(script).href)}) }, detach: true, stdout: 'daemon.log' });
     await daemon.start();
     console.log(daemon.pid);`,
  );
  const { stdout, stderr } = await box.launch(box.path('launch.mjs'));
  expect(stderr).toBe('');
  expect(await seenBy(box)).toEqual({ file: script });
  expect(Number(stdout)).toBeGreaterThan(1);
});

test.each([
  ['server.cjs', 'JSON.stringify({ file: __filename, argv: process.argv[1], main: require.main === module })'],
  ['server.mjs', 'JSON.stringify({ file: import.meta.url, argv: process.argv[1], main: String(import.meta.main) })'],
])('a symbolic link to the script means the same as under node: %s', async (file, sees) => {
  const box = sandbox();
  mkdirSync(box.path('releases'));
  written(box, `releases/${file}`, `console.log(${sees}); if (process.argv.length > 2) ${KEPT}`);
  symlinkSync(`releases/${file}`, box.path(`current-${file}`));
  const script = box.path(`current-${file}`);
  const underNode = JSON.parse((await box.launch(script)).stdout) as object;
  const { pid } = await started(box, script, { target: { argv: ['stay'] } });
  expect(await seenBy(box)).toEqual(underNode);
  await ended(box, pid);
});

test('a script without an ending, with a #! line, as in node_modules/.bin', async () => {
  const box = sandbox();
  written(box, 'serve', `#!/usr/bin/env node\nconsole.log(JSON.stringify({ main: require.main === module })); ${KEPT}`);
  mkdirSync(box.path('bin'));
  symlinkSync('../serve', box.path('bin/serve'));
  const { pid } = await started(box, box.path('bin/serve'));
  expect(await seenBy(box)).toEqual({ main: true });
  expect(observe(pid).cmdline.at(-1)).toBe(box.path('bin/serve'));
  await ended(box, pid);
});
