import { lstatSync, readdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ask } from '../../helpers/http.ts';
import type { Finished } from '../../helpers/launch.ts';
import { observe } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { onlyThese, upgraded } from './subject.ts';

const daemonium = JSON.stringify(new URL('../../../packages/daemon/dist/index.js', import.meta.url).href);

/** A program that knows nothing of Daemonium, and listens on a path. */
function writeProgram(box: Sandbox, version: string, { first = '', last = '' } = {}): void {
  const source = `import { createServer } from 'node:http';
    import { rmSync } from 'node:fs';
    const where = process.argv[2].replace('@', '\\0');
    ${first}
    const server = createServer((request, response) => response.end('${version} ' + process.pid + ' ' + server.address()));
    server.listen(where, () => { ${last} });`;
  writeFileSync(box.path('program.mjs'), source);
}

async function started(box: Sandbox, path: string, options: object = {}): Promise<void> {
  expect(await launched(box, path, options)).toMatchObject({ code: 0, stderr: '' });
}

function launched(box: Sandbox, path: string, options: object = {}): Promise<Finished> {
  const given = JSON.stringify({
    pidFile: box.path('daemon.pid'),
    detach: true,
    ready: 'listening',
    stderr: box.path('stderr'),
    ...options,
  });
  const target = JSON.stringify({ script: box.path('program.mjs'), argv: [path.replace('\0', '@')] });
  writeFileSync(
    box.path('main.mjs'),
    `import { Daemon } from ${daemonium};\nconst target = ${target};\nawait new Daemon({ ...${given}, target }).start();\n`,
  );
  return box.launch(box.path('main.mjs'));
}

test.each([{ respawn: false }, { respawn: true }])('a Unix socket of a program goes on to its successor: %j', async (options) => {
  const box = sandbox();
  const socketPath = box.path('web.sock');
  const answers = async () => (await ask({ socketPath })).body;
  writeProgram(box, 'v1');
  await started(box, socketPath, options);
  const { ino, mode } = lstatSync(socketPath);
  // The process umask is 077.
  expect(mode & 0o777).toBe(0o700);
  const [, first] = (await answers()).split(' ');
  expect(await answers()).toBe(`v1 ${first} ${socketPath}`);

  writeProgram(box, 'v2', { first: "throw new Error('the new version is broken');" });
  const { stdout, code } = await box.launch('succession-ask');
  expect({ code, said: JSON.parse(stdout) }).toMatchObject({ code: 1, said: { name: 'StartError' } });
  expect([await answers(), lstatSync(socketPath).ino]).toEqual([`v1 ${first} ${socketPath}`, ino]);

  let descriptors = 0;
  for (const version of ['v2', 'v3']) {
    writeProgram(box, version);
    const { pid, previous } = await upgraded(box);
    await until(() => !readdirSync('/proc').includes(String(previous)), { what: 'the end of the old one' });
    expect([await answers(), lstatSync(socketPath).ino]).toEqual([`${version} ${pid} ${socketPath}`, ino]);
    descriptors ||= observe(pid).fds.length;
    await until(() => observe(pid).fds.length <= descriptors, { what: 'no more descriptors than before' });
  }
  process.kill(await box.readPid(), 'SIGTERM');
  await onlyThese(box);
  expect(readdirSync(box.directory).filter((name) => /sock|pid|request/.test(name))).toEqual([]);
});

test('a program that removes the file before it listens has a new socket each time, and the old one leaves it alone', async () => {
  const box = sandbox();
  const socketPath = box.path('web.sock');
  const first = 'rmSync(where, { force: true });';
  writeProgram(box, 'v1', { first });
  await started(box, socketPath);
  let descriptors = 0;
  for (const version of ['v2', 'v3']) {
    writeProgram(box, version, { first });
    const { pid, previous } = await upgraded(box);
    await until(() => !readdirSync('/proc').includes(String(previous)), { what: 'the end of the old one' });
    expect((await ask({ socketPath })).body).toBe(`${version} ${pid} ${socketPath}`);
    descriptors ||= observe(pid).fds.length;
    await until(() => observe(pid).fds.length <= descriptors, { what: 'no more descriptors than before' });
  }
});

test('a program that closes its server has the file removed at once, and may listen there again', async () => {
  const box = sandbox();
  const socketPath = box.path('web.sock');
  writeProgram(box, 'v1', { last: 'server.close(); server.listen(where);' });
  await started(box, socketPath);
  expect((await until(() => ask({ socketPath }), { what: 'an answer' })).body).toMatch(/^v1 /);
  process.kill(await box.readPid(), 'SIGTERM');
  await onlyThese(box);
});

test('an abstract Unix socket goes on as well, and a path that is taken stays an error', async () => {
  const box = sandbox();
  const socketPath = `\0daemonium-test-${box.token}`;
  writeProgram(box, 'v1');
  await started(box, socketPath, { respawn: true });
  writeProgram(box, 'v2');
  const { pid } = await upgraded(box);
  await until(async () => (await ask({ socketPath })).body.startsWith(`v2 ${pid} `), { what: 'an answer of the successor' });
  process.kill(await box.readPid(), 'SIGTERM');
  await onlyThese(box);

  writeFileSync(box.path('taken.sock'), '');
  const { stderr, code: refused } = await launched(box, box.path('taken.sock'));
  expect({ code: refused, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/EADDRINUSE: address already in use .*\/taken\.sock\n/),
  });
  expect(readdirSync(box.directory)).toContain('taken.sock');
});
