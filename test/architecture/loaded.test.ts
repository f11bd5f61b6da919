import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { MAIN } from '../cli/command.ts';
import { sandbox } from '../helpers/sandbox.ts';

const LOADED = "process._rawDebug(process.moduleLoadList.includes('NativeModule internal/fs/streams'));";

// An `import ... from 'node:fs'` would: the build takes the module another way (scripts/node-fs.mjs).
test.each(['@daemonium/core', '@daemonium/core/posix', '@daemonium/core/registry', '@daemonium/daemon', '@daemonium/logging/logger-fds'])(
  '%s does not load the streams of node:fs',
  (name) => {
    const program = `${LOADED} await import('${name}'); ${LOADED}`;
    const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env: {} });
    expect(stderr).toBe('false\nfalse\n');
  },
);

// A cron job takes one lock and ends; a launcher with a pid file takes one, too.
test('taking a free lock, waiting for none, loads no module of Node.js that importing did not load', () => {
  const path = sandbox().path('job.pid');
  const program = `
    const { PidLockFile } = await import('@daemonium/core');
    const before = new Set(process.moduleLoadList);
    new PidLockFile('${path}').acquireSync().seal().release();
    await new PidLockFile('${path}').acquire();
    const ignored = /internal|^NativeModule module$/; // node:module loads koffi where there is no addon.
    process._rawDebug(process.moduleLoadList.filter((module) => !before.has(module) && !ignored.test(module)).join());
  `;
  const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8', env: {} });
  expect(stderr).toBe('\n');
});

// Each takes a list some milliseconds. The command's own output would load both where it is a pipe.
test('daemonium list loads neither node:child_process nor node:net', () => {
  // A command that is still there after 50 ms, on a busy machine, looks whether its output has gone out, for which it makes both streams.
  const look = 'globalThis.setInterval = () => ({ unref() {} });';
  const tell = `${look} process.on('exit', () => process._rawDebug(process.moduleLoadList.join()))`;
  const { status, stderr } = spawnSync(process.execPath, ['--import', `data:text/javascript,${tell}`, MAIN, 'list', '--json'], {
    encoding: 'utf8',
    env: { XDG_STATE_HOME: sandbox().path('state'), HOME: '/' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  expect(status).toBe(0);
  expect(stderr.split(/[\s,]/)).toContain('fs');
  expect(stderr.split(/[\s,]/).filter((module) => ['child_process', 'net', 'dgram', 'tls'].includes(module))).toEqual([]);
});
