import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

test('await using stops the daemon that the object has started, and is repeated like a stop; run() may be a field', async () => {
  const box = sandbox();
  expect(await box.launch('start-disposed', { args: [box.directory] })).toMatchObject({
    code: 0,
    stderr: '',
    stdout: 'first: true\nafter the block: false\nsecond: true\n',
  });
  expect(existsSync(box.path('first.pid'))).toBe(false);
  expect(isRunning(await box.readPid('second.pid'))).toBe(true);
  await until(() => readFileSync(box.path('second.log'), 'utf8') === 'daemon runs\n', { what: 'the field' });
});
