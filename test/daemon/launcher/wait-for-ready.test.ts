import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isRunning } from '../../helpers/observe.ts';
import { carriersOf } from '../../helpers/reap.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { failureOf, toldBy } from './told.ts';

test.each(['says', 'early'])('start() resolves when the service has said that it is ready: %s', async (how) => {
  const box = sandbox();
  const told = toldBy(await box.launch('start-wait-for-ready', { args: [how, box.directory] }));
  expect(told).toMatchObject({ ok: true, output: '', pid: await box.readPid() });
  if (how === 'says') expect(Number(readFileSync(box.path('said'), 'utf8'))).toBeGreaterThan(0);
});

test.each([
  ['throws', { exitCode: 1, stage: null, cause: { class: 'RangeError', message: 'the port is taken' } }],
  ['rejects-late', { exitCode: 1, cause: { message: 'lost somewhere' } }],
  ['returns', { exitCode: 0, message: "Daemon 'service' exited with 0 before it was ready, after stage 9: it did not call ready()" }],
  [
    'forgets',
    {
      class: 'StartTimeoutError',
      message: expect.stringMatching(/within 5000 ms, after stage 9: it did not call ready\(\); it has been killed$/),
    },
  ],
])('until then its errors are the launcher’s, although the streams have switched: %s', async (how, expected) => {
  const box = sandbox();
  expect(failureOf(await box.launch('start-wait-for-ready', { args: [how] }))).toMatchObject({ class: 'StartError', ...expected });
  expect(carriersOf(box.token).filter(isRunning)).toEqual([]);
  expect(await box.isLocked()).toBe(false);
});
