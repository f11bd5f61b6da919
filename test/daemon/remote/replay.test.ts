import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { endOf, eventsOf, textOf } from '../subject.ts';

test('before its own start the daemon gets the launcher’s answers, dates too, and does nothing', async () => {
  const box = sandbox();
  await box.launch('stop-replay', { args: [box.directory] });
  const first = await box.readPid();
  await until(() => eventsOf(box).length === 1, { what: 'the first run' });
  const [line = ''] = textOf(box, 'launcher').split('\n');
  expect(line).toMatch(/^\[ \{ running: false, pid: null, since: null, .*? \}, false/);
  expect(textOf(box, 'daemon').split('\n')[0]).toBe(line);

  // The same again, with the first one there to be asked and stopped.
  const { code, stderr } = await box.launch('stop-replay', { args: [box.directory] });
  expect([stderr, code]).toEqual(['', 0]);
  const second = await box.readPid();
  await until(() => eventsOf(box).includes(`'run ${second}'`), { what: 'the second run' });
  const [, asked = ''] = textOf(box, 'launcher').split('\n');
  expect(asked).toMatch(new RegExp(`^\\[ \\{ running: true, pid: ${first}, since: \\d{4}-\\S+Z, .*? \\}, true, undefined, true, `));
  expect(asked).toContain('milliseconds from 0 to Infinity');
  expect(asked).toContain(`{ pid: ${first}, signal: 'SIGTERM', forced: false }, true, { running: false`);
  expect(textOf(box, 'daemon').split('\n')[1]).toBe(asked);
  // One reload, one end: none came from the second daemon.
  expect(eventsOf(box)).toEqual([`'run ${first}'`, `'reload ${first}'`, `'end ${first}'`, `'run ${second}'`]);
  process.kill(second, 'SIGTERM');
  await endOf(box, second);
});
