import { lstatSync, mkdirSync, readdirSync } from 'node:fs';
import { Daemon } from '@daemonium/daemon';
import { describe, expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { observe } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { type Shell, shells, withShell } from './subject.ts';

async function serve(box: Sandbox, options: object, shell: Shell | null = null): Promise<Daemon> {
  const words = [process.execPath, fixture('listen-http'), JSON.stringify({ respawn: { delay: 10 }, ...options })];
  const [executable = '', ...args] = withShell(shell, words);
  expect(await box.launch('', { executable, args })).toMatchObject({ code: 0, stdout: '', stderr: '' });
  return new Daemon({ pidFile: box.path('daemon.pid') });
}

/** The pid that answers, once it is another than before. */
async function answering(port: number, before = 0): Promise<number> {
  const answer = () => ask({ port }).then(({ body }) => Number.parseInt(body, 10));
  return until(async () => [await answer().catch(() => before)].find((pid) => pid !== before), { what: 'the next run' });
}

describe.each(shells)('with $name as /bin/sh', (shell) => {
  test.skipIf(shell.missing !== false)(`each run has the sockets, and the stop leaves no file${shell.missing || ''}`, async () => {
    const box = sandbox();
    mkdirSync(box.path("it's a place"));
    const paths = [box.path('a.sock'), box.path("it's a place", '$(b) "c".sock')];
    const port = await freePort();
    // More than the shell has one-digit numbers for.
    const ports = [port, '127.0.0.1:0', '127.0.0.1:0', '127.0.0.1:0', '127.0.0.1:0', '127.0.0.1:0'];
    const streams = { stdin: { content: 'input' }, stdout: box.path('out.log'), stderr: box.path('err.log') };
    const daemon = await serve(box, { listen: [...ports, ...paths], ...streams }, shell);
    const inodes = paths.map((path) => lstatSync(path).ino);

    let pid = await answering(port);
    for (const round of [1, 2, 3]) {
      const answers = await Promise.all([{ port }, ...paths.map((socketPath) => ({ socketPath }))].map((where) => ask(where)));
      expect(answers.map(({ body }) => body)).toEqual(Array.from({ length: 3 }, () => `${pid} unknown`));
      const { fds } = observe(pid);
      // The shell's own file has a number above 9 here.
      expect(fds.filter(({ target }) => target.endsWith('daemon.state'))).toEqual([]);
      const sockets = fds.filter(({ target }) => target.startsWith('socket:'));
      expect(sockets.length).toBeGreaterThanOrEqual(8);
      expect(sockets.filter(({ closeOnExec }) => !closeOnExec)).toEqual([]);
      expect(paths.map((path) => lstatSync(path).ino)).toEqual(inodes);
      if (round < 3) {
        process.kill(pid, 'SIGKILL');
        pid = await answering(port, pid);
      }
    }

    await daemon.stop();
    await until(() => carriersOf(box.token).length === 0, { what: 'the end of all processes' });
    expect(readdirSync(box.directory).sort()).toEqual(['err.log', "it's a place", 'out.log']);
    expect(readdirSync(box.path("it's a place"))).toEqual([]);
  });
});

test('each run of a program takes them by their addresses, and opens the others anew', async () => {
  const box = sandbox();
  const [port, own] = [await freePort(), await freePort()];
  const options = JSON.stringify({ listen: [port, box.path('web.sock')], respawn: { delay: 10 } });
  expect(await box.launch('listen-start-program', { args: [options, String(port), box.path('web.sock'), String(own)] })).toMatchObject({
    code: 0,
    stderr: '',
  });
  const first = await answering(port);
  process.kill(first, 'SIGKILL');
  const second = await answering(port, first);
  for (const where of [{ socketPath: box.path('web.sock') }, { port: own }]) {
    expect((await until(() => ask(where), { what: 'an answer' })).body).toBe(`${second} program`);
  }
  process.kill(await box.readPid(), 'SIGTERM');
  await until(() => carriersOf(box.token).length === 0, { what: 'the end of all processes' });
  expect(readdirSync(box.directory)).toEqual([]);
});

test('five times kill -9 under load: no connection is refused', async () => {
  const box = sandbox();
  const port = await freePort();
  const daemon = await serve(box, { listen: [port] });
  const answered = new Set<number>();
  const failed: string[] = [];
  let isOver = false;
  const load = Array.from({ length: 4 }, async () => {
    while (!isOver) {
      await ask({ port }).then(
        ({ body }) => answered.add(Number.parseInt(body, 10)),
        ({ code }) => failed.push(code),
      );
    }
  });
  let pid = await answering(port);
  for (let kills = 0; kills < 5; kills++) {
    process.kill(pid, 'SIGKILL');
    pid = await answering(port, pid);
  }
  isOver = true;
  await Promise.all(load);
  expect(answered.size).toBeGreaterThanOrEqual(2);
  // What was under way is lost.
  expect(failed.filter((code) => code !== 'ECONNRESET')).toEqual([]);
  await daemon.stop();
});
