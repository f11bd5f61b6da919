import { chownSync, lstatSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { openSockets } from '../../../packages/daemon/src/sockets/open-sockets.ts';
import { notRoot, OTHER } from '../../core/hold.ts';
import { compile, noCompiler } from '../../helpers/compile.ts';
import { ask } from '../../helpers/http.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

test('no other file is lost: a name beside a socket may be any', async () => {
  const box = sandbox();
  writeFileSync(box.path('web.sock.new'), 'precious');
  const options = JSON.stringify({ listen: [box.path('a.new'), box.path('a'), box.path('web.sock'), box.path('n'.repeat(255))] });
  expect(await box.launch('listen-http', { args: [options] })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  expect(readFileSync(box.path('web.sock.new'), 'utf8')).toBe('precious');
  expect(readdirSync(box.directory).sort()).toEqual([
    'a',
    'a.new',
    'daemon.pid',
    'daemon.request',
    'n'.repeat(255),
    'web.sock',
    'web.sock.new',
  ]);
  const pid = await box.readPid();
  for (const name of ['a', 'a.new', 'web.sock']) expect((await ask({ socketPath: box.path(name) })).body).toBe(`${pid} unknown`);
  expect(await box.launch('listen-http', { args: [options, 'stop'] })).toMatchObject({ code: 0, stderr: '' });
  expect(readdirSync(box.directory)).toEqual(['web.sock.new']);
});

const ROUNDS = 300;

test.skipIf(notRoot !== false || noCompiler !== false)(
  'root changes the mode of no other file for the owner of the directory, who swaps the socket for a link',
  async () => {
    const box = sandbox();
    const program = compile(box, 'socket-swap');
    const [directory, secret] = [box.path('theirs'), box.path('secret')];
    mkdirSync(directory);
    chownSync(directory, OTHER, OTHER);
    writeFileSync(secret, 'root only', { mode: 0o600 });
    const attacker = box.spawn(directory, { executable: program, args: [secret], uid: OTHER, gid: OTHER });
    await until(() => attacker.stdout.includes('watching'), { what: `the attacker; ${attacker.stderr}` });
    for (let round = 0; round < ROUNDS; round++) {
      // The owner decides about the socket.
      await openSockets([{ path: `${directory}/web.sock`, mode: 0o666, name: 'web', backlog: 1 }]).catch(() => []);
      rmSync(`${directory}/web.sock`, { force: true });
    }
    expect((statSync(secret).mode & 0o777).toString(8)).toBe('600');
  },
);

test('the mode is exact where bind(2) cannot give it: in a worker thread', async () => {
  const box = sandbox();
  const options = JSON.stringify({ listen: [{ path: box.path('web.sock'), mode: 0o666 }] });
  expect(await box.launch('listen-worker', { args: [options] })).toMatchObject({ code: 0, stderr: '' });
  expect((lstatSync(box.path('web.sock')).mode & 0o777).toString(8)).toBe('666');
});
