import { expect, test } from 'vitest';
import { startService, writeVersion } from '../daemon/succession/subject.ts';
import { ask, freePort } from '../helpers/http.ts';
import { observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';

const UPGRADES = Number(process.env['SOAK_UPGRADES'] ?? 50);

test.each(['function', 'program'] as const)(`%s: ${UPGRADES} upgrades in a row, without growth`, async (kind) => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, kind, 'v1');
  expect(await startService(box, kind, port)).toMatchObject({ code: 0 });
  let before: object | null = null;
  for (let count = 0; count < UPGRADES; count++) {
    const { pid } = JSON.parse((await box.launch('succession-ask')).stdout);
    expect((await ask({ port })).body).toBe(`v1 ${pid}`);
    const { fds, cmdline, environ } = observe(pid);
    const now = { fds: fds.length, cmdline, environ: Object.keys(environ).sort() };
    before ??= now;
    expect(now).toEqual(before);
  }
});
