import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';

/** A program that claims to run on another system, or without koffi. */
async function run(code: string, execArgv: string[] = []): Promise<string> {
  const { stdout, stderr } = await sandbox().launch('--input-type=module', {
    executable: process.execPath,
    args: [...execArgv, '-e', code],
    cwd: process.cwd(),
  });
  return `${stdout}${stderr}`.trim();
}

test('elsewhere importing works, and the first use says what is missing', async () => {
  const told = await run(`
    Object.defineProperty(process, 'platform', { value: 'win32' });
    const { PidLockFile } = await import('@daemonium/core');
    const { dup2 } = await import('@daemonium/core/posix');
    const lock = new PidLockFile('/tmp/never.pid');
    for (const use of [() => dup2(1, 2), () => lock.acquireSync(), () => lock.isActive()]) try { use(); } catch (error) { console.log(error.name, error.code); }
  `);
  expect(told).toBe('Error ERR_PLATFORM\nLockFailedError ERR_PLATFORM\nLockFailedError ERR_PLATFORM');
});

test('Android is Linux', async () => {
  const told = await run(`
    Object.defineProperty(process, 'platform', { value: 'android' });
    const { processStartTicks } = await import('@daemonium/core/posix');
    console.log(processStartTicks(process.pid) > 0, processStartTicks(2 ** 30));
  `);
  expect(told).toBe('true null');
});

test('without the right to load addons: a clear error, no file, and importing and adopting still work', async () => {
  const told = await run(
    `
    import { existsSync } from 'node:fs';
    import { PidLockFile } from '@daemonium/core';
    const path = \`/tmp/daemonium-\${process.pid}.pid\`;
    try { new PidLockFile(path).seal(); } catch (error) { console.log(error.name, error.code, existsSync(path), /is disabled; start Node\\.js without --no-addons/.test(error.message)); }
  `,
    ['--no-addons'],
  );
  expect(told).toBe('LockFailedError ERR_KOFFI false true');
});

test('koffi and the expensive builtins are not loaded by importing', async () => {
  const told = await run(`
    import { readFileSync } from 'node:fs';
    const before = new Set(process.moduleLoadList);
    await import('@daemonium/core');
    await import('@daemonium/core/posix');
    const costly = ['crypto', 'worker_threads', 'v8', 'child_process', 'net'];
    console.log(costly.filter((name) => process.moduleLoadList.includes(\`NativeModule \${name}\`) && !before.has(\`NativeModule \${name}\`)).join());
    console.log(/koffi.*\\.node/.test(readFileSync('/proc/self/maps', 'latin1')));
  `);
  expect(told).toBe('false');
});
