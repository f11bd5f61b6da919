import { writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { sandbox } from '../../helpers/sandbox.ts';
import { endOf, eventsOf, textOf, waitForEvent } from '../subject.ts';

test.each(['settles at shutdown', 'reads shutdown', 'listens to terminate'])(
  'an answer in flight is sent in full, although run() does not wait for it: %s',
  async (when) => {
    const box = sandbox();
    expect(await box.launch('end-http', { args: [box.directory, when] })).toMatchObject({ code: 0, stderr: '' });
    await waitForEvent(box, 'listening');
    const pid = await box.readPid();
    const answer = new Promise<string>((resolve, reject) => {
      get({ host: '127.0.0.1', port: Number(textOf(box, 'port')), agent: false }, (response) => resolve(text(response))).on(
        'error',
        reject,
      );
    });
    await waitForEvent(box, 'request');
    process.kill(pid, 'SIGTERM');
    await waitForEvent(box, 'closing');
    // It goes on answering to signals, too.
    process.kill(pid, 'SIGHUP');
    await waitForEvent(box, 'reload');
    writeFileSync(box.path('go'), '');
    expect(await answer).toBe('the first half, the second half');
    await endOf(box, pid);
    expect(eventsOf(box)).toEqual(['listening', 'request', 'closing', 'reload', 'exit 0']);
    expect(textOf(box, 'stderr')).toBe('');
  },
);
