import { spawnSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot } from '../../core/hold.ts';
import { isRunning } from '../../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { endOf, textOf } from '../subject.ts';

const canMount = notRoot === false && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** In a mount namespace of its own: a /dev with a few devices, and a syslog daemon, if it is to have one. Gives the daemon's pid. */
async function startBesideSyslog(box: Sandbox, how: string, options: object = {}, hasSyslog = true): Promise<number> {
  const dev = box.path('dev');
  mkdirSync(dev);
  const node = `'${process.execPath}'`;
  const script = [
    'set -e',
    `mount -t tmpfs tmpfs '${dev}'`,
    `for each in null zero full random urandom tty; do touch '${dev}'/$each; mount --bind /dev/$each '${dev}'/$each; done`,
    `mount --rbind '${dev}' /dev`,
    hasSyslog ? `${node} '${fixture('life-notify-receiver')}' /dev/log > '${box.path('syslog')}' &` : ':',
    hasSyslog ? 'until [ -S /dev/log ]; do sleep 0.01; done' : ':',
    `exec ${node} '${fixture('end-last-words')}' '${box.directory}' '${how}' '${JSON.stringify(options)}'`,
  ];
  const launcher = box.spawn('--mount', { executable: 'unshare', args: ['/bin/sh', '-c', script.join('\n')] });
  await until(() => /^\d+\n$/.test(launcher.stdout), { what: `the start; ${launcher.stderr}` });
  return Number(launcher.stdout);
}

/** What syslog was told. */
function messages(box: Sandbox): string[] {
  return textOf(box, 'syslog')
    .split('\n')
    .slice(1)
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as string);
}

test.runIf(canMount).each([
  ['run() fails', 'run() failed: RangeError: run() fails\n'],
  ['uncaught', 'uncaught error: RangeError: uncaught\n'],
])('last words go to syslog where stderr is /dev/null: %s', async (how, text) => {
  const box = sandbox();
  const pid = await startBesideSyslog(box, how);
  writeFileSync(box.path('go'), '');
  await endOf(box, pid);
  await until(() => messages(box).length > 0, { what: 'a message' });
  const [first = '', ...more] = messages(box);
  expect([first.slice(0, first.indexOf(':') + 2), more]).toEqual([`<27>subject[${pid}]: `, []]);
  expect(first).toContain(`]: ${text}`);
  expect(first).toContain('at ');
});

test.runIf(canMount)('the names of what was open when stopTimeout was over go to syslog, too', async () => {
  const box = sandbox();
  const pid = await startBesideSyslog(box, 'never ends', { stopTimeout: 300 });
  process.kill(pid, 'SIGTERM');
  await endOf(box, pid);
  await until(() => messages(box).length > 0, { what: 'a message' });
  expect(messages(box)).toEqual([expect.stringMatching(`^<27>subject\\[${pid}\\]: the process did not end within 300 ms .*Timeout`)]);
});

test.runIf(canMount)('stderr is a file: syslog hears nothing, the file all of it', async () => {
  const box = sandbox();
  const pid = await startBesideSyslog(box, 'run() fails', { stderr: box.path('stderr') });
  writeFileSync(box.path('go'), '');
  await endOf(box, pid);
  expect([messages(box), textOf(box, 'stderr')]).toEqual([[], expect.stringContaining('RangeError: run() fails')]);
});

test.runIf(canMount)('from a jail without /dev/log nothing comes, and the daemon ends all the same', async () => {
  const box = sandbox();
  mkdirSync(box.path('jail'));
  const pid = await startBesideSyslog(box, 'in a jail', { rootDirectory: box.path('jail') });
  writeFileSync(box.path('jail', 'go'), '');
  await until(() => !isRunning(pid), { what: 'its end' });
  expect([messages(box), await box.isLocked()]).toEqual([[], false]);
});

test.runIf(canMount)('without /dev/log the daemon ends as usual', async () => {
  const box = sandbox();
  const pid = await startBesideSyslog(box, 'run() fails', {}, false);
  writeFileSync(box.path('go'), '');
  await endOf(box, pid);
});
