import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { toldBy } from '../daemon/launcher/told.ts';
import { compile, noCompiler } from '../helpers/compile.ts';
import { fixture, sandbox } from '../helpers/sandbox.ts';

/** Node.js asks for this one as it starts, for the memory keys of V8. */
const CALL = 'pkey_alloc';
const listed = spawnSync('systemd-analyze', ['syscall-filter', '@system-service'], { encoding: 'utf8' });

test.skipIf(noCompiler !== false || process.arch !== 'x64')(
  'docs/systemd.md: a system call that the filter lacks ends Node.js by SIGSYS, and with SystemCallErrorNumber=EPERM a daemon starts',
  async () => {
    const box = sandbox();
    const executable = compile(box, 'syscall-filter');
    const through = (way: string, ...args: string[]) => box.launch('', { executable, args: [way, process.execPath, ...args] });
    expect(await through('kill', '-e', '0')).toMatchObject({ code: null, signal: 'SIGSYS' });
    const { ok, pid } = toldBy(await through('errno', fixture('start-ready')));
    expect([ok, pid]).toEqual([true, expect.any(Number)]);
  },
);

test.skipIf(listed.status !== 0)('@system-service, as this systemd has it, lacks the call', () => {
  expect(listed.stdout).toContain('@process');
  expect(listed.stdout).not.toMatch(/@pkey\b/);
  expect(listed.stdout).not.toMatch(new RegExp(`\\b${CALL}\\b`));
});
