import { internals } from '@daemonium/core/handover';
import { processStartTicks } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { zombie } from '../hold.ts';

const { isWriterGone } = internals;

test('the writer of a record is gone when its pid is no process’s, a zombie’s, or another process’s', async () => {
  const box = sandbox();
  const { pid } = process;
  const startTicks = processStartTicks(pid);
  expect(isWriterGone({ pid, startTicks })).toBe(false);
  expect(isWriterGone({ pid, startTicks: (startTicks ?? 0) - 1 })).toBe(true);
  // An older version did not write it: then nothing is proved.
  expect(isWriterGone({ pid, startTicks: null })).toBe(false);
  const ended = await box.launch('', { executable: 'true' });
  expect(isWriterGone({ pid: ended.pid, startTicks })).toBe(true);
  const dead = await zombie(box);
  expect(isWriterGone({ pid: dead.pid, startTicks: processStartTicks(dead.pid) })).toBe(true);
});
