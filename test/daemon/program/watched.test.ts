import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { ALONE, ended, inLauncher, written } from './start.ts';

/** `control start` with a watch that outlasts the test: 300 ms are little on a busy machine. */
function startedByCommand(box: Sandbox, lines: string, ready: string) {
  const slow = `const real = setTimeout; globalThis.setTimeout = (listener, ms) => real(listener, ms === 300 || ms === 1000 ? 600_000 : ms);`;
  const execArgv = ['--import', written(box, 'slow.mjs', slow)];
  const how = inLauncher(box, written(box, 'server.mjs', lines), { options: { name: 'web', ready }, launch: { execArgv } });
  return box.launch('program-launcher', { ...how, args: ['start'] });
}

test.each([
  ['listening', `import { createServer } from 'node:net'; createServer().listen(0, '127.0.0.1');`],
  ['message', `setImmediate(() => process.send('ready')); setInterval(() => {}, 1e9);`],
])("control start of a program that says itself when it is ready, '%s', watches it no longer", async (ready, lines) => {
  const box = sandbox();
  const { code, stdout, stderr } = await startedByCommand(box, lines, ready);
  const pid = await box.readPid();
  expect([code, stdout, stderr]).toEqual([0, `web started, pid ${pid}\n`, '']);
  await ended(box, pid);
});

test.each([
  ['fails', `setImmediate(() => { throw new TypeError('no port'); });`, 1, '', 'web started, and ended after N ms: TypeError: no port\n'],
  ['exits with 3', `setImmediate(() => process.exit(3));`, 1, '', 'web started, and ended after N ms: it exited with 3\n'],
  ['finishes', ``, 0, 'web started, and finished after N ms\n', ''],
])("control start of one that is 'started' and %s in its first moments", async (_, lines, code, stdout, stderr) => {
  const box = sandbox();
  const afterwards = `${ALONE} alone(() => { ${lines} });`;
  const seen = await startedByCommand(box, afterwards, 'started');
  const plain = (text: string) => text.replace(/\d+ ms/, 'N ms');
  expect([seen.code, plain(seen.stdout), plain(seen.stderr)]).toEqual([code, stdout, stderr]);
  expect([carriersOf(box.token).filter(isRunning), await box.isLocked()]).toEqual([[], false]);
});
