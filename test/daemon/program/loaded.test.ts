import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { toldBy } from '../launcher/told.ts';
import { ended, started, written } from './start.ts';

const DIST = '/packages/daemon/dist/';

/** Flags with which a launcher and its daemon write down what they load. */
function watching(box: Sandbox): string[] {
  const hooks = `
    import { appendFileSync } from 'node:fs';
    export async function load(url, context, next) {
      appendFileSync(${JSON.stringify(box.path('loaded'))}, process.pid + ' ' + url + '\\n');
      return next(url, context);
    }`;
  written(box, 'hooks.mjs', hooks);
  written(box, 'register.mjs', `import { register } from 'node:module'; register('./hooks.mjs', import.meta.url);`);
  // Node 26 would rather have registerHooks(), which Node 20 does not know.
  return ['--no-deprecation', '--import', box.path('register.mjs')];
}

/** The files of the package that a process has loaded. */
function loadedBy(box: Sandbox, pid: number): string[] {
  const lines = readFileSync(box.path('loaded'), 'utf8').split('\n');
  const urls = lines.filter((line) => line.startsWith(`${pid} `) && line.includes(DIST));
  return urls.map((line) => line.slice(line.indexOf(DIST) + DIST.length)).sort();
}

test('a daemon with a function does not load the code that runs programs', async () => {
  const box = sandbox();
  const launcher = await box.launch('start-ready', { execArgv: watching(box) });
  const { pid } = toldBy(launcher);
  expect(loadedBy(box, pid ?? 0)).toEqual(['daemon.js', 'index.js']);
  expect(loadedBy(box, launcher.pid)).toEqual(['daemon.js', 'index.js', 'launcher.js']);
});

test('a daemon with a program loads the code that runs it, and after its start the code that starts a successor', async () => {
  const box = sandbox();
  const { pid } = await started(box, written(box, 'server.cjs', 'setInterval(() => {}, 1e9);'), { launch: { execArgv: watching(box) } });
  const runsIt = ['daemon.js', 'program-main.js', 'run-program.js'];
  const startsSuccessor = ['launcher.js', 'sockets.js', 'succession.js', 'taken-by-address.js'];
  await until(() => loadedBy(box, pid).includes('succession.js'), { what: 'what starts a successor' });
  expect(loadedBy(box, pid).filter((file) => !startsSuccessor.includes(file))).toEqual(runsIt);
  await ended(box, pid);
});
