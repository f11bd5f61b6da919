import { symlinkSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { observe } from '../../helpers/observe.ts';
import { fixture, sandbox } from '../../helpers/sandbox.ts';
import { singleExecutable } from './inject-blob.ts';

const MAIN = `
import { Daemon } from '@daemonium/daemon';
const [how, module] = process.argv.slice(2);
console.log(JSON.stringify(process.argv.slice(1)));
const daemon = new Daemon({ target: how === 'module' ? module : () => void setInterval(() => {}, 1000) });
daemon.start().then(
  () => console.log(JSON.stringify({ ok: true, pid: daemon.pid, output: daemon.output })),
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
    expect(await run('module', fixture('start-module-target'))).toMatchObject({ ok: false, code: 'ERR_NO_NODE' });
  },
);
