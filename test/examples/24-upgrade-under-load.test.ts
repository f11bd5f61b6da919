import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { example } from './example.ts';

test.each([[[]], [['--respawn']]])('24-upgrade-under-load %j: the successor answers, and no request fails', async (args) => {
  const box = sandbox();
  const { code, stdout, stderr } = await box.launch(example(box, '24-upgrade-under-load'), { cwd: '/', args });
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toMatch(/^process \d+ has taken over from \d+\n2 processes have answered \d+ requests, 0 have failed\n$/);
});
