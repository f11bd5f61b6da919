import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { example } from './example.ts';

test('23-respawn: it comes back', async () => {
  const box = sandbox();
  const run = (verb: string) => box.launch(example(box, '23-respawn'), { cwd: '/', args: [verb], env: { FLAKY_DIRECTORY: box.directory } });
  expect(await run('start')).toMatchObject({ code: 0, stderr: '' });
  await until(() => readFileSync(box.path('flaky.runs'), 'utf8').split('\n').length > 2, { what: 'the second run' });
  expect((await run('status')).code).toBe(0);
  expect((await run('stop')).code).toBe(0);
  expect(readFileSync(box.path('flaky.log'), 'utf8')).toContain('nothing lasts');
});
