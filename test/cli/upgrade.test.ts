import { existsSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ask, freePort } from '../helpers/http.ts';
import { isRunning, observe } from '../helpers/observe.ts';
import { carriersOf } from '../helpers/reap.ts';
import { until } from '../helpers/wait.ts';
import { commandBox, expectNothingLeft, IDLE } from './command.ts';

/** It reads its version from the environment, and knows nothing of sockets that are handed over. */
const server = (version: string) => `
  const { createServer } = require('node:http');
  createServer((_, answer) => answer.end('${version} ' + process.env.COLOUR)).listen(Number(process.argv[2]), '127.0.0.1');
`;

test('upgrade: the program of now, with the env file of now; one that fails changes nothing', async () => {
  const command = commandBox();
  const port = await freePort();
  const envFile = command.box.path('web.env');
  command.program('web.cjs', server('v1'));
  writeFileSync(envFile, 'COLOUR=blue\n');
  expect(await command.run(['upgrade', 'web'])).toMatchObject({ code: expect.any(Number), stdout: '' });
  const options = ['--ready', 'listening', '--listen', `127.0.0.1:${port}`, '--env-file', envFile];
  await command.done('start', 'web.cjs', ...options, '--', String(port));
  const { pid } = await command.one('web');
  expect((await ask({ port })).body).toBe('v1 blue');

  command.program('web.cjs', server('v2'));
  writeFileSync(envFile, 'COLOUR=red\n');
  expect(await command.done('upgrade', 'web')).toMatch(new RegExp(`^web upgraded, pid \\d+; pid ${pid} ends when its connections do\n$`));
  expect((await ask({ port })).body).toBe('v2 red');
  const { pid: second } = await command.one('web');
  expect(second).not.toBe(pid);

  command.program('web.cjs', "throw new Error('no such luck');");
  const failed = await command.run(['upgrade', 'web']);
  expect(failed).toMatchObject({ code: 1, stdout: '' });
  expect(failed.stderr).toContain('no such luck');
  expect((await command.one('web')).pid).toBe(second);
  expect((await ask({ port })).body).toBe('v2 red');

  await command.done('stop', 'web');
  expect(await command.run(['upgrade', 'web'])).toMatchObject({ code: 7, stderr: 'web is not running\n' });
  expect(await command.done('upgrade', 'all')).toBe('');
});

test('a delete that comes during an upgrade waits for its end, and nothing is left', async () => {
  const command = commandBox();
  command.program('slow.cjs', `setTimeout(() => process.send('ready'), 700); ${IDLE}`);
  await command.done('start', 'slow.cjs', '--ready', 'message');
  const { pid } = await command.one('slow');
  const upgrading = command.spawn(['upgrade', 'slow']);
  const isSuccessor = (each: number) => each !== pid && observe(each).cmdline.at(-1) === command.box.path('slow.cjs');
  await until(() => carriersOf(command.box.token).some(isSuccessor), { what: 'the successor' });
  const deleted = await command.run(['delete', 'slow']);
  expect(await upgrading.finished).toMatchObject({ code: 0, stderr: '' });
  expect(deleted).toMatchObject({ code: 0, stdout: expect.stringMatching(/^slow stopped, pid \d+\nslow deleted\n$/), stderr: '' });
  await until(() => !isRunning(pid as number), { what: 'the end of the old one' });
  await expectNothingLeft(command);
  expect(existsSync(command.state('slow.started'))).toBe(false);
});

test('--listen, and listen in the config file: each fault is told', async () => {
  const command = commandBox();
  command.program('web.cjs', server('v1'));
  const { code, stderr } = await command.run(['start', 'web.cjs', '--listen', 'nonsense']);
  expect(code).not.toBe(0);
  expect(stderr).toContain("Option 'listen[0]'");
  writeFileSync(command.box.path('daemonium.config.json'), JSON.stringify({ daemons: { web: { script: 'web.cjs', listen: 8080 } } }));
  expect((await command.run(['start'])).stderr).toContain('daemons.web.listen: expected an array of ports');
});
