import { expect, test } from 'vitest';
import { fixture, sandbox } from '../../helpers/sandbox.ts';

test('the launcher prints all of the output, also to a pipe that takes only a part at a time', async () => {
  const { stdout, code } = await sandbox().launch('fault-activate');
  expect({ code, length: stdout.length }).toEqual({ code: 0, length: 'launcher\n'.length + 900_000 });
});

test.each([
  ['activate', 600_000],
  ['stage', 600_000],
  ['report', 600_000],
  ['fire-and-forget', 300_000],
])('nothing that it has printed itself is lost in a pipe that is read late: %s', async (how, length) => {
  const box = sandbox();
  // The reader begins when the launcher has nothing more to do than to get rid of its output.
  const reader = '{ until [ -e began ]; do sleep 0.01; done; wc -c; }';
  const script = `{ '${process.execPath}' '${fixture('start-writes-much')}' ${how}; echo $? >&2; } | ${reader}`;
  if (how === 'fire-and-forget') expect((await box.launch('start-writes-much', { args: [how] })).stdout.length).toBe(length);
  else {
    const { stdout, stderr } = await box.launch('-c', { executable: '/bin/sh', args: [script] });
    expect([Number(stdout), stderr]).toEqual([length, '0\n']);
  }
});

test('control() loses nothing that it has printed in a pipe that is read late', async () => {
  const box = sandbox();
  const reader = '{ until [ -e began ]; do sleep 0.01; done; wc -c; }';
  const script = `{ '${process.execPath}' '${fixture('cli-moments')}' '${box.directory}' 'writes much' start; echo $? >&2; } | ${reader}`;
  const { stdout, stderr } = await box.launch('-c', { executable: '/bin/sh', args: [script] });
  const said = `subject started, pid ${await box.readPid()}\n`;
  expect([Number(stdout), stderr]).toEqual([600_000 + said.length, '0\n']);
});
