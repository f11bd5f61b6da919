import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { failed, textOf, written } from './start.ts';

test.each([
  ['SyntaxError, CommonJS', 'server.cjs', 'console.log("never"); this is no program', 'SyntaxError', /SyntaxError: /],
  ['SyntaxError, ESM', 'server.mjs', 'import "node:fs"; this is no program', 'SyntaxError', /SyntaxError: /],
  ['a throw, CommonJS', 'server.cjs', 'console.log("one"); throw new TypeError("no config");', 'TypeError', /TypeError: no config$/],
  ['a throw, ESM', 'server.mjs', 'console.log("one"); throw new TypeError("no config");', 'TypeError', /TypeError: no config$/],
  [
    'a rejected top-level await',
    'server.mjs',
    'console.log("one"); await Promise.reject(new RangeError("no port"));',
    'RangeError',
    /RangeError: no port$/,
  ],
  [
    'a rejection that nobody handles',
    'server.cjs',
    'console.log("one"); Promise.reject(new RangeError("no port")); setInterval(() => {}, 1e9);',
    'RangeError',
    /RangeError: no port$/,
  ],
  ['a module that is not there', 'server.mjs', 'import "./missing.mjs";', 'Error', /Cannot find module '.*missing\.mjs'/],
])('%s: the StartError has it as its cause', async (what, file, lines, cause, message) => {
  const box = sandbox();
  // A rejection comes a turn later: after 'started', before anything listens.
  const ready = what.startsWith('a rejection') ? 'listening' : 'started';
  const failure = await failed(box, written(box, file, lines), { options: { name: 'web', ready } });
  expect(failure).toMatchObject({ class: 'StartError', code: 'ERR_START', exitCode: 1, signal: null, pid: null });
  expect(failure.cause?.name).toBe(cause);
  expect(failure.message).toMatch(message);
  expect(failure.message).toMatch(/^Daemon 'web' failed/);
  expect(failure.output).toBe(lines.includes('"one"') ? 'one\n' : '');
});

test('process.exit(3) after console.error: the error has the code and the output', async () => {
  const box = sandbox();
  const lines = `console.log('reading the config'); console.error('config.json: no such key'); process.exit(3);`;
  const failure = await failed(box, written(box, 'server.cjs', lines), { options: { name: 'web' } });
  expect(failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_START',
    exitCode: 3,
    output: 'reading the config\n',
    error: 'config.json: no such key\n',
    message:
      "Daemon 'web' exited with 3 before it was ready, while its main module was evaluated; from its stderr: config.json: no such key",
  });
  // The log has it as well.
  expect(textOf(box)).toBe('reading the config\nconfig.json: no such key\n');
});

test.each([
  ['started', 'console.log("printed"); process.exit(0);', 'exited with 0 before it was ready, while its main module was evaluated'],
  ['listening', 'console.log("printed");', 'exited with 0 before it was ready: no server of it listened'],
  [
    'message',
    'console.log("printed"); setTimeout(() => {}, 20);',
    "exited with 0 before it was ready: it did not call process.send('ready')",
  ],
])("the end before it is ready, '%s', is a failed start", async (ready, lines, message) => {
  const box = sandbox();
  const failure = await failed(box, written(box, 'server.cjs', lines), { options: { name: 'web', ready } });
  expect(failure).toMatchObject({
    class: 'StartError',
    code: 'ERR_START',
    exitCode: 0,
    output: 'printed\n',
    message: `Daemon 'web' ${message}`,
  });
});

test('a top-level await that never settles, with nothing to wait for', async () => {
  const box = sandbox();
  const failure = await failed(box, written(box, 'server.mjs', 'await new Promise(() => {});'), { options: { name: 'web' } });
  expect(failure).toMatchObject({ class: 'StartError', exitCode: 13, message: expect.stringContaining('an await had not settled') });
});

test.each([
  ['started', 'server.mjs', 'await new Promise((done) => setTimeout(done, 1e9));', ', while its main module was evaluated'],
  ['listening', 'server.cjs', 'console.log("idle"); setInterval(() => {}, 1e9);', ': no server of it listened'],
  ['message', 'server.cjs', 'console.log("idle"); setInterval(() => {}, 1e9);', ": it did not call process.send('ready')"],
])("never ready, '%s': a StartTimeoutError that names the missing sign", async (ready, file, lines, missed) => {
  const box = sandbox();
  const failure = await failed(box, written(box, file, lines), { options: { name: 'web', ready, startTimeout: 5_000 } });
  expect(failure).toMatchObject({
    class: 'StartTimeoutError',
    code: 'ERR_START_TIMEOUT',
    message: `Daemon 'web' was not ready within 5000 ms${missed}; it has been killed`,
    output: lines.includes('idle') ? 'idle\n' : '',
  });
});

test('a program that a signal kills before it is ready has failed to start', async () => {
  const box = sandbox();
  const failure = await failed(box, written(box, 'server.cjs', 'process.kill(process.pid, "SIGKILL"); for (;;);'));
  expect(failure).toMatchObject({ class: 'StartError', exitCode: null, signal: 'SIGKILL' });
});

test('a port that is taken is the cause of a failed start', async () => {
  const box = sandbox();
  const taken = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void taken.close());
  await once(taken, 'listening');
  const lines = `require('node:http').createServer().listen(Number(process.argv[2]), '127.0.0.1');`;
  const failure = await failed(box, written(box, 'server.cjs', lines), {
    options: { ready: 'listening' },
    target: { argv: [String((taken.address() as AddressInfo).port)] },
  });
  expect(failure).toMatchObject({ message: expect.stringContaining('EADDRINUSE'), cause: { code: 'EADDRINUSE' } });
});

test('a program that failed to start leaves no files but its log', async () => {
  const box = sandbox();
  await failed(box, written(box, 'server.cjs', 'process.exit(1);'));
  expect(readdirSync(box.directory).sort()).toEqual(['daemon.log', 'server.cjs']);
});
