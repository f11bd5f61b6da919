import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { example } from './example.ts';

test('20-control: one script, seven verbs', async () => {
  const box = sandbox();
  const run = (...args: string[]) => box.launch(example(box, '20-control'), { cwd: '/', args, env: { TICKER_DIRECTORY: box.directory } });
  const logged = (text: string) => until(() => readFileSync(box.path('ticker.log'), 'utf8').includes(text), { what: text });
  expect((await run('--help')).stdout).toContain('Usage: 20-control.js VERB');
  expect((await run('status')).code).toBe(3);
  expect(await run('start')).toMatchObject({ code: 0, stdout: expect.stringMatching(/^ticker started, pid \d+\n$/), stderr: '' });
  const pid = await box.readPid('ticker.pid');
  await logged('tick 1\n');
  expect((await run('status')).code).toBe(0);
  expect((await run('reload')).code).toBe(0);
  await logged('reload: a tick every 500 ms from now on\n');
  expect((await run('restart')).code).toBe(0);
  expect(isRunning(pid)).toBe(false);
  expect((await run('stop')).code).toBe(0);
  expect([(await run('status')).code, await box.isLocked('ticker.pid')]).toEqual([3, false]);
});
