import { expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { FAULTS, writeVersion } from './subject.ts';

test('the verb upgrade of control()', async () => {
  const box = sandbox();
  const port = await freePort();
  const words = JSON.stringify({ name: 'web', pidFile: box.path('daemon.pid'), detach: true, listen: [port] });
  const verb = (...args: string[]) => box.launch(box.path('main.mjs'), { args: [words, ...args] });
  writeVersion(box, 'control', 'v1');
  expect(await verb('upgrade')).toMatchObject({ code: 7, stdout: '', stderr: 'web is not running\n' });
  expect(await verb('start')).toMatchObject({ code: 0 });
  const first = await box.readPid();
  writeVersion(box, 'control', 'v2');
  const { code, stdout } = await verb('upgrade');
  const second = await box.readPid();
  expect({ code, stdout }).toEqual({ code: 0, stdout: `web upgraded, pid ${second}; pid ${first} ends when its connections do\n` });
  expect((await ask({ port })).body).toBe(`v2 ${second}`);
  writeVersion(box, 'control', 'v3', FAULTS.hangs);
  expect(await verb('upgrade', '--timeout', '300')).toMatchObject({ code: 1, stdout: '' });
  expect(await box.readPid()).toBe(second);
  expect(await verb('status', '--timeout', '300')).toMatchObject({ code: 2 });
});
