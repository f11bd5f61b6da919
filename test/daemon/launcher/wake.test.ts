import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { PATIENT } from '../patient.ts';

interface Began {
  readonly net: boolean;
  readonly seen: readonly string[];
  readonly listeners: number;
}

async function begin(way?: string): Promise<Began> {
  const box = sandbox();
  expect(await box.launch('start-woken', { args: way === undefined ? [] : [way] })).toMatchObject({ code: 0, stderr: '' });
  return until(() => JSON.parse(readFileSync(join(box.directory, 'began'), 'utf8')) as Began, { what: 'the start of run()' });
}

test('a start that is woken is over without node:net, and leaves no listener', async () => {
  expect(await begin()).toEqual({ net: false, seen: [], listeners: 0 });
});

test('a SIGURG of another process is no answer', async () => {
  expect((await begin('is-sent-one')).seen).toEqual([]);
});

test.each([
  ['listens', 1],
  ['maps', 1],
])('a program that %s to SIGURG itself gets none, and is told over the socket', async (way, listeners) => {
  expect(await begin(way)).toEqual({ net: true, seen: [], listeners });
});

/** All the starts, one after another, may take a while. */
const STARTS = { ...PATIENT, deadline: 45_000 };

test('stopped as soon as start() has resolved, a daemon has begun its work', async () => {
  const { stdout } = await sandbox().launch('stop-at-once', { args: [fixture('start-module-target'), '10'], ...STARTS });
  expect(JSON.parse(stdout)).toEqual(Array.from({ length: 10 }, () => ({ began: true, forced: false })));
});

test('a daemon that is reloaded as soon as start() has resolved has begun its work', async () => {
  const { stdout } = await sandbox().launch('reload-at-once', { args: [fixture('reload-at-once-target'), '15'], ...STARTS });
  expect(stdout).toBe('15\n');
});

test('a launcher that has no descriptor left at READY lets its daemon go all the same', async () => {
  const box = sandbox();
  const args = ['-c', `ulimit -n 100; exec ${process.execPath} ${fixture('start-no-descriptors-at-ready')}`];
  const { stdout } = await box.launch('', { executable: '/bin/sh', args });
  expect(JSON.parse(stdout)).toMatchObject({ ok: true, pid: await box.readPid() });
});

const NAMESPACE = ['--pid', '--fork', '--mount-proc', '--kill-child'];
const canUnshare = spawnSync('unshare', [...NAMESPACE, 'true']).status === 0;

test.runIf(canUnshare)('the launcher reaps the shell: in a container no other process may do it', async () => {
  const args = [...NAMESPACE, process.execPath, fixture('start-under-init')];
  const { stdout } = await sandbox().launch('', { executable: 'unshare', args });
  expect(JSON.parse(stdout)).toEqual({ status: 0, processes: 2, zombies: 0 });
});
