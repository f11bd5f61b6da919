import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { absoluteFlags, makeEnvironmentAbsolute } from '../../../packages/daemon/src/launcher/absolute.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { project } from './project.ts';

/** Every kind of process that a daemon can start by itself says what it was loaded with. */
const SCRIPT = `
import cluster from 'node:cluster';
import { fork } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import { Daemon } from '@daemonium/daemon';

const [directory = ''] = process.argv.slice(2);
const said = (name: string, from: NodeJS.EventEmitter) =>
  new Promise<unknown>((resolve) => from.once('message', (message) => resolve({ name, ...message })).once('error', (error) => resolve({ name, error: String(error) })));

class Family extends Daemon {
  override async run(): Promise<void> {
    const child = directory + '/child.ts';
    cluster.setupPrimary({ exec: child });
    const all = await Promise.all([
      said('worker', new Worker(directory + '/worker.mjs')),
      said('fork', fork(child)),
      said('cluster', cluster.fork()),
    ]);
    const { NODE_OPTIONS, NODE_PATH, NODE_EXTRA_CA_CERTS } = process.env;
    const seen = { cwd: process.cwd(), fromEnvFile: process.env['FROM_ENV_FILE'], execArgv: process.execArgv, NODE_OPTIONS, NODE_PATH, NODE_EXTRA_CA_CERTS };
    writeFileSync(directory + '/family.json', JSON.stringify({ all, seen }));
    setInterval(() => {}, 1_000);
  }
}
await new Family({ pidFile: directory + '/daemon.pid' }).start();
`;

const CHILD = `
import { parentPort } from 'node:worker_threads';
import { createRequire } from 'node:module';
enum Kind { Loaded = 'by tsx' }
const message = {
  typescript: Kind.Loaded,
  preloaded: (globalThis as { preloaded?: string }).preloaded,
  fromPath: process.env['NODE_PATH'] === undefined ? null : createRequire('/x')('from-path'),
};
if (parentPort === null) {
  process.send!(message);
  process.disconnect();
} else parentPort.postMessage(message);
`;

test('modules that the launcher loads by relative names are found by the workers and children of its daemon at /', async () => {
  const box = sandbox();
  project(box, {
    'package.json': '{"type":"module"}',
    'main.ts': SCRIPT,
    'child.ts': CHILD,
    // On Node.js 20 tsx leaves TypeScript in worker threads alone, daemon or not.
    'worker.mjs': CHILD.replace("enum Kind { Loaded = 'by tsx' }", "const Kind = { Loaded: 'by tsx' };")
      .replace(/ as \{.*?\}\)/, ')')
      .replace('send!', 'send'),
    'pre.cjs': "globalThis.preloaded = (globalThis.preloaded ?? '') + 'c';",
    'with blank/pre.mjs': "globalThis.preloaded = (globalThis.preloaded ?? '') + 'm';",
    'app.env': 'FROM_ENV_FILE=yes\n',
    'lib/from-path.js': "module.exports = 'from NODE_PATH';",
    'lib/package.json': '{}',
    'certificates.pem': '',
  });
  const { stderr, code } = await box.launch('', {
    execArgv: ['--import', 'tsx', '--env-file=./app.env', '--require', './pre.cjs', '--report-dir=reports', 'main.ts'],
    args: [box.directory],
    env: { NODE_OPTIONS: '--import "./with blank/pre.mjs"', NODE_PATH: './lib', NODE_EXTRA_CA_CERTS: 'certificates.pem' },
  });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  const { all, seen } = await until(() => JSON.parse(readFileSync(box.path('family.json'), 'utf8')), {
    what: 'what the family says',
    // Three processes that compile TypeScript.
    deadline: 30_000,
  });
  const loaded = { typescript: 'by tsx', preloaded: 'cm', fromPath: 'from NODE_PATH' };
  expect(all).toEqual(['worker', 'fork', 'cluster'].map((name) => ({ name, ...loaded })));
  expect(seen).toEqual({
    cwd: '/',
    fromEnvFile: 'yes',
    execArgv: [
      '--import',
      expect.stringMatching(/^file:\/\/\/.*\/tsx\/dist\/loader\.mjs$/),
      `--env-file=${box.path('app.env')}`,
      '--require',
      box.path('pre.cjs'),
      `--report-dir=${box.path('reports')}`,
    ],
    NODE_OPTIONS: `--import ${pathToFileURL(box.path('with blank/pre.mjs')).href}`,
    NODE_PATH: box.path('lib'),
    NODE_EXTRA_CA_CERTS: box.path('certificates.pem'),
  });
});

const FROM = '/some/where';

test.each([
  [
    ['--import', './a.mjs?x'],
    ['--import', 'file:///some/where/a.mjs?x'],
  ],
  [['--import=../a%20b.mjs'], ['--import=file:///some/a%20b.mjs']],
  [
    ['--loader', '/abs.mjs', '--experimental_loader=./l.mjs'],
    ['--loader', '/abs.mjs', '--experimental_loader=file:///some/where/l.mjs'],
  ],
  [['--import', 'data:text/javascript,1', '--import', 'node:fs', '--import', 'file:///x.mjs'], 'same'],
  [['--import', 'no-such-package', '-r', 'no-such-package'], 'same'],
  [
    ['-r', './a', '--require=../b.cjs', '-r', 'fs', '-r', '/c'],
    ['-r', '/some/where/a', '--require=/some/b.cjs', '-r', 'fs', '-r', '/c'],
  ],
  [
    ['--env-file', '.env', '--env-file-if-exists=x/.env'],
    ['--env-file', '/some/where/.env', '--env-file-if-exists=/some/where/x/.env'],
  ],
  [
    ['--report-dir=r', '--report-directory', 's'],
    ['--report-dir=/some/where/r', '--report-directory', '/some/where/s'],
  ],
  [
    ['--diagnostic-dir=d', '--heap-prof-dir', 'h', '--redirect-warnings=w'],
    ['--diagnostic-dir=/some/where/d', '--heap-prof-dir', '/some/where/h', '--redirect-warnings=/some/where/w'],
  ],
  [
    ['--allow-fs-read=*', '--allow-fs-write=./out/', '--heapsnapshot-signal=SIGUSR2'],
    ['--allow-fs-read=*', '--allow-fs-write=/some/where/out/', '--heapsnapshot-signal=SIGUSR2'],
  ],
  [['--title', './x', '--no-warnings', './bin.js'], 'same'],
  [['--import='], 'same'],
])('%j from a directory', (given, expected) => {
  expect(absoluteFlags(given, FROM)).toEqual(expected === 'same' ? given : expected);
});

test('a package is looked for from there, by the conditions that are asked for', () => {
  const box = sandbox();
  const manifest = { name: 'own', exports: { './r': { special: './special.mjs', require: './r.cjs', import: './i.mjs' } } };
  mkdirSync(box.path('node_modules/own'), { recursive: true });
  for (const file of ['special.mjs', 'r.cjs', 'i.mjs']) writeFileSync(box.path('node_modules/own', file), '');
  writeFileSync(box.path('node_modules/own/package.json'), JSON.stringify(manifest));
  const url = (file: string) => pathToFileURL(box.path('node_modules/own', file)).href;
  expect(absoluteFlags(['--import', 'own/r'], box.directory)).toEqual(['--import', url('i.mjs')]);
  expect(absoluteFlags(['--import=own/r', '-C', 'special'], box.directory)).toEqual([`--import=${url('special.mjs')}`, '-C', 'special']);
  expect(absoluteFlags(['-r', 'own/r'], box.directory)).toEqual(['-r', box.path('node_modules/own/r.cjs')]);
});

test('variables of Node.js are made absolute, others are not', () => {
  const env: Record<string, string> = {
    NODE_PATH: 'a:/b::./c',
    NODE_COMPILE_CACHE: 'cache',
    NODE_OPTIONS: '--no-warnings',
    PATH: 'x',
    NODE_ENV: './y',
  };
  makeEnvironmentAbsolute(env, FROM);
  expect(env).toEqual({
    NODE_PATH: '/some/where/a:/b::/some/where/c',
    NODE_COMPILE_CACHE: '/some/where/cache',
    NODE_OPTIONS: '--no-warnings',
    PATH: 'x',
    NODE_ENV: './y',
  });
});
