import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { blocks } from '../../docs/markdown.ts';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

const LSB = '/lib/lsb/init-functions';
const hasTools = existsSync(LSB) && existsSync('/usr/sbin/start-stop-daemon');

async function started(box: Sandbox, behaviour: string, name: string): Promise<number> {
  expect(await box.launch('life-control', { args: [box.directory, behaviour, 'start'], env: { SUBJECT_NAME: name } })).toMatchObject({
    code: 0,
  });
  return box.readPid();
}

const shell = (box: Sandbox, command: string) => box.launch('-c', { executable: '/bin/sh', args: [command] });
const commOf = (pid: number): string => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

test('the name is the comm, cut after 15 bytes; processTitle false leaves that of Node', async () => {
  const box = sandbox();
  const titled = await started(box, '', 'inventory-server-2');
  expect(commOf(titled)).toBe('inventory-serve');
  process.kill(titled, 'SIGKILL');
  await until(() => !isRunning(titled), { what: 'its end' });
  const plain = await started(box, 'no-title', 'inventory-server-2');
  const own = await box.launch('', { args: ['-p', "require('node:fs').readFileSync('/proc/self/comm', 'utf8').trim()"] });
  expect(commOf(plain)).toBe(own.stdout.trim());
});

test.skipIf(!hasTools)('killproc by the name, and not by node; start-stop-daemon by the executable', async () => {
  const box = sandbox();
  const file = box.path('daemon.pid');
  const first = await started(box, '', 'clock');
  expect((await shell(box, `. ${LSB}; killproc -p ${file} ${process.execPath}`)).code).toBe(0);
  expect(isRunning(first)).toBe(true);
  expect((await shell(box, `. ${LSB}; pidofproc -p ${file} clock`)).stdout).toBe(`${first}\n`);
  expect((await shell(box, `. ${LSB}; killproc -p ${file} clock`)).code).toBe(0);
  // Both are done as soon as the pid file is gone, and its process ends a moment later.
  await until(() => !isRunning(first), { what: 'its end' });
  const second = await started(box, '', 'clock');
  const command = `/usr/sbin/start-stop-daemon --stop --retry 10 --pidfile ${file} --exec ${process.execPath}`;
  expect((await shell(box, command)).code).toBe(0);
  await until(() => !isRunning(second), { what: 'its end' });
});

test("the page's script: the LSB's codes", async () => {
  const box = sandbox();
  const page = blocks(join('docs', 'init-scripts.md')).find(({ language }) => language === 'sh');
  const script = (page?.code ?? '').replaceAll(
    '/usr/bin/node /srv/clock/clock.mjs',
    `${process.execPath} ${fixture('life-control')} ${box.directory} ''`,
  );
  expect(script).not.toBe(page?.code);
  writeFileSync(box.path('clock'), script, { mode: 0o755 });
  const codes: unknown[] = [];
  for (const verb of ['status', 'start', 'start', 'status', 'force-reload', 'restart', 'stop', 'stop', 'bogus']) {
    codes.push([verb, (await box.launch(verb, { executable: box.path('clock') })).code]);
  }
  expect(codes).toEqual([
    ['status', 3],
    ['start', 0],
    ['start', 0],
    ['status', 0],
    ['force-reload', 0],
    ['restart', 0],
    ['stop', 0],
    ['stop', 0],
    ['bogus', 2],
  ]);
});
