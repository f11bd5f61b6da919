import { describe, expect, inject, test } from 'vitest';
import type { Told } from '../fixtures/start-report.ts';
import { observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { SERVICE } from './systemd.ts';

const fixture = (name: string): string => `node /checkout/test/fixtures/dist/${name}.js`;

/** What /bin/sh is, and whether a start goes by way of it. */
const SHELLS = [
  ['dash', 'ln -sf dash /bin/sh', true],
  ['bash', 'ln -sf bash /bin/sh', true],
  ['busybox', 'ln -sf busybox /bin/sh', true],
  ['mksh', 'ln -sf mksh /bin/sh', true],
  ['zsh', 'ln -sf zsh /bin/sh', true],
  ['none', 'rm /bin/sh', false],
  ['one that may not be executed', 'cp --remove-destination /bin/dash /bin/sh; chmod a-x /bin/sh', false],
] as const;

/** How a daemon ends in stage 4, and what of it the launcher has to know. */
const WAYS = [
  ['error', { class: 'StartError', stage: 4, cause: expect.objectContaining({ name: 'TypeError', message: 'no such thing' }) }],
  ['exit-7', { class: 'StartError', stage: 4, exitCode: 7, signal: null }],
  ['exit-137', { class: 'StartError', stage: 4, exitCode: 137, signal: null }],
  ['kill', { class: 'StartError', stage: 4, exitCode: null, signal: 'SIGKILL' }],
  ['abort', { class: 'StartError', stage: 4, exitCode: null, signal: 'SIGABRT' }],
  ['child', { class: 'StartError', stage: 4, cause: expect.objectContaining({ message: 'with a child' }) }],
] as const;

async function told(m: Machine, command: string): Promise<Told> {
  return JSON.parse(await m.ok(`mkdir -p /tmp/work; cd /tmp/work; ${command}`)) as Told;
}

const nothingIsLeft = async (m: Machine): Promise<void> => {
  // One sleep is the machine's own.
  const isQuiet = async () => m.nodes().length === 0 && (await m.ok('pgrep -xc sleep')) === '1';
  await until(isQuiet, { what: 'the end of all', interval: 20 });
  expect(await m.ok('ls /tmp/work')).toBe('');
};

describe.skipIf(inject('noMachine'))('whatever /bin/sh is', () => {
  test.each(SHELLS)('%s: start, status, reload, stop', async (_, change, isUsed) => {
    const m = await boot(sandbox());
    await m.ok(`${change}; mkdir /run/service`);
    expect(await m.ok(`node ${SERVICE} start`)).toMatch(/^service started, pid \d+$/);
    const pid = await m.readPid('/run/service/service.pid');
    const seen = observe(m.pidHere(pid));
    expect(seen).toMatchObject({ ppid: m.init, tty: 0, umask: '0077', cwd: '/', coreLimit: { soft: '0', hard: '0' } });
    expect(seen.sid === seen.pid).toBe(!isUsed);
    expect(await m.ok(`node ${SERVICE} status`)).toContain(`service is running, pid ${pid}, since`);
    await m.ok(`node ${SERVICE} reload`);
    expect(await m.ok(`node ${SERVICE} stop`)).toBe(`service stopped, pid ${pid}`);
    expect(await m.sh(`node ${SERVICE} status`)).toMatchObject({ code: 3 });
  });

  test.each(SHELLS)('%s: each way to fail in a stage is told, and leaves nothing', async (_, change) => {
    const m = await boot(sandbox());
    await m.ok(change);
    for (const [way, expected] of WAYS) {
      expect((await told(m, `${fixture('start-failing')} ${way}`)).failure, way).toMatchObject(expected);
      await nothingIsLeft(m);
    }
    // Time enough for a busy machine to come to the stage.
    expect((await told(m, `${fixture('start-failing')} hang 5000`)).failure).toMatchObject({ class: 'StartTimeoutError', stage: 4 });
    await nothingIsLeft(m);
    for (let stage = 1; stage <= 9; stage++) {
      expect(await told(m, `${fixture('stage-fails')} ${stage}`), String(stage)).toMatchObject({
        name: 'StartError',
        stage,
        cause: 'RangeError',
        stack: true,
      });
    }
    await nothingIsLeft(m);
  });

  test.each(SHELLS)("%s: the daemon's environment is the launcher's", async (_, change) => {
    const m = await boot(sandbox());
    await m.ok(`${change}; mkdir /tmp/work`);
    const env = {
      'npm_package_config_foo-bar': 'x',
      'with.dot': 'x',
      EMPTY: '',
      SHLVL: '3',
      _: 'underscore',
      MANY: 'one\ntwo',
      ENV: '/no/such',
    };
    // env(1) passes on the names that a shell would drop.
    const words = Object.entries(env).map(([name, value]) => `$'${name}=${value.replaceAll('\n', '\\n')}'`);
    const { launcher } = JSON.parse(await m.ok(`env ${words.join(' ')} ${fixture('start-environment')} /tmp/work '{}'`));
    const { own } = JSON.parse(await until(async () => (await m.sh('cat /tmp/work/environment.json')).stdout, { what: 'the environment' }));
    expect(launcher).toMatchObject(env);
    expect(own).toEqual(launcher);
  });

  test('an image in which there is nothing but Node.js and its libraries: start, status, stop', async () => {
    const m = await boot(sandbox());
    await m.ok(`mkdir -p /image/usr/bin /image/proc /image/dev /image/checkout /image/run/service
      cp --parents --dereference $(ldd /usr/bin/node | grep -o '/[^ ]*') /image; : > /image/usr/bin/node
      for path in /usr/bin/node /proc /dev /checkout; do mount --bind $path /image$path; done`);
    const there = (verb: string) => m.ok(`chroot /image /usr/bin/node ${SERVICE} ${verb}`);
    expect(await m.ok('find /image -xdev -type f -perm /111 ! -name "*.so*"')).toBe('/image/usr/bin/node');
    expect(await there('start')).toMatch(/^service started, pid \d+$/);
    const pid = await m.readPid('/image/run/service/service.pid');
    const here = m.pidHere(pid);
    expect(observe(here)).toMatchObject({ ppid: m.init, root: '/image', tty: 0, umask: '0077', cwd: '/image' });
    expect(await there('status')).toContain(`service is running, pid ${pid},`);
    expect(await there('stop')).toBe(`service stopped, pid ${pid}`);
  });
});
