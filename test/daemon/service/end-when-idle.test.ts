import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { eventsOf, textOf } from '../subject.ts';

test.each(['timers', 'gzip', 'digest', 'immediates'])(
  'work that a beforeExit listener starts is done to its end, each time: %s',
  async (what) => {
    const box = sandbox();
    expect(await box.launch('end-idle', { args: [box.directory, what] })).toMatchObject({ code: 0, stdout: '', stderr: '' });
    expect(eventsOf(box)).toEqual(['run', 'asked 1', 'done 1', 'asked 2', 'done 2', 'exit 0']);
    expect(textOf(box, 'stderr')).toBe('');
  },
);

test('the detached daemon ends when it is idle, too', async () => {
  const box = sandbox();
  expect(await box.launch('end-idle', { args: [box.directory, 'timers', 'detach'] })).toMatchObject({ code: 0, stderr: '' });
  await until(() => eventsOf(box).at(-1) === 'exit 0', { what: 'its end' });
  expect(eventsOf(box)).toEqual(['run', 'asked 1', 'done 1', 'asked 2', 'done 2', 'exit 0']);
});

test.each(['nothing', 'a used pipe'])('it ends when nothing is left: %s', async (what) => {
  const box = sandbox();
  const { code, stderr, pid } = await box.launch('end-idle', { args: [box.directory, what] });
  expect([code, stderr, isRunning(pid)]).toEqual([0, '', false]);
  expect(eventsOf(box).at(-1)).toBe('exit 0');
});
