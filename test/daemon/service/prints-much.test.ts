import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

test.each([
  ['fails', /RangeError: no more\n.*\n1\n$/s],
  ['asked', /^0\n$/],
])('what it has printed is in the pipe of a reader that begins late, although the process ends at once: %s', async (how, said) => {
  const box = sandbox();
  const reader = '{ until [ -e began ]; do sleep 0.01; done; wc -c; }';
  const script = `{ '${process.execPath}' '${fixture('end-prints-much')}' ${how}; echo $? >&2; } | ${reader}`;
  const { stdout, stderr } = await box.launch('-c', { executable: '/bin/sh', args: [script] });
  expect([Number(stdout), stderr]).toEqual([300_000, expect.stringMatching(said)]);
});
