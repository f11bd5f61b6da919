import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';

/** Starts the daemon, has its own copy of the launcher's code end it, and gives what its stderr says. */
async function ended(box: Sandbox, way: string, code: string, end: (pid: number) => void = () => writeFileSync(box.path('go'), '')) {
  const { stdout, stderr } = await box.launch('start-raced', { args: [way, code] });
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^started \d+\n$/), stderr: '' });
  const pid = Number(stdout.slice('started '.length));
  end(pid);
  await until(() => !isRunning(pid), { what: 'the end of the daemon' });
  expect(await box.isLocked()).toBe(false);
  return readFileSync(box.path('stderr'), 'utf8');
}

test.each([
  ['race', 'run()'],
  ['watchdog', 'what run() left behind'],
])("the launcher's code ends the daemon, which never comes back from start(): the log says where (%s)", async (way, whose) => {
  const said = await ended(sandbox(), way, '3');
  expect(said).toContain(`process.exit(3) was called while ${whose} was at work, at `);
  expect(said).toMatch(/start-raced\.js:\d+:\d+.*skip it with isDaemonProcess\n$/);
});

test('no warning at an exit with 0, after a signal, or because nothing was left to do', async () => {
  expect(await ended(sandbox(), 'race', '0')).toBe('');
  expect(await ended(sandbox(), 'asked', '3', (pid) => process.kill(pid, 'SIGTERM'))).toBe('');
  expect(await ended(sandbox(), 'idle', '3', () => {})).toBe('');
});
