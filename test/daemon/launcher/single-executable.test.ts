import { cpSync, existsSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { addonFile, callerIn } from '../../helpers/caller.ts';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { singleExecutable } from './inject-blob.ts';

const MAIN = `
import { Daemon } from '@daemonium/daemon';
import { readFileSync } from 'node:fs';
const [how, module] = process.argv.slice(2);
console.log(JSON.stringify(process.argv.slice(1)));
const daemon = new Daemon({ target: how === 'module' ? module : () => void setInterval(() => {}, 1000), ...(how === 'locked' ? { pidFile: module } : {}) });
daemon.start().then(
  () => console.log(JSON.stringify({ ok: true, pid: daemon.pid, output: daemon.output, maps: readFileSync('/proc/self/maps', 'latin1') })),
  (error) => console.log(JSON.stringify({ ok: false, code: error.code, message: error.message, output: error.output, error: error.error })),
);
`;

test.runIf(process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64'))(
  'a single-executable application runs itself again',
  async () => {
    const box = sandbox();
    symlinkSync(fileURLToPath(new URL('../../../node_modules', import.meta.url)), box.path('node_modules'));
    writeFileSync(box.path('main.mjs'), MAIN);
    const app = await singleExecutable(box.directory, box.path('main.mjs'));
    const run = async (...args: string[]) => {
      const { stdout, stderr } = await box.launch('', { executable: app, args });
      expect(stderr).toBe('');
      return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '');
    };
    const started = await run('script', 'with blanks');
    expect(started).toMatchObject({ ok: true, output: `${JSON.stringify([app, 'script', 'with blanks'])}\n` });
    expect(observe(started.pid)).toMatchObject({ exe: app, cmdline: [app, 'script', 'with blanks'], tty: 0, cwd: '/' });
    const pidFile = box.path('daemon.pid');
    expect(callerIn((await run('locked', pidFile)).maps)).toBe('koffi');
    process.kill(await box.readPid(), 'SIGKILL');
    if (existsSync(addonFile)) {
      cpSync(addonFile, box.path(basename(addonFile)));
      await until(async () => !(await box.isLocked()), { what: 'the lock to be free' });
      expect(callerIn((await run('locked', pidFile)).maps)).toBe('addon');
    }
    expect(await run('module', fixture('start-module-target'))).toMatchObject({ ok: false, code: 'ERR_NO_NODE' });
  },
);
