import { expect, test } from 'vitest';
import { startService, writeVersion } from '../daemon/succession/subject.ts';
import { ask, freePort } from '../helpers/http.ts';
import { observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { partOf } from './part.ts';

const UPGRADES = partOf(50);

test.each(['function', 'program'] as const)(`%s: ${UPGRADES} upgrades in a row, without growth`, async (kind) => {
  const box = sandbox();
  const port = await freePort();
  writeVersion(box, kind, 'v1');
  expect(await startService(box, kind, port)).toMatchObject({ code: 0 });
  let before: { fds: number; cmdline: readonly string[]; names: readonly string[] } | null = null;
  for (let count = 0; count < UPGRADES; count++) {
    const { pid } = JSON.parse((await box.launch('succession-ask')).stdout);
    expect((await ask({ port })).body).toBe(`v1 ${pid}`);
    const { fds, cmdline, environ } = observe(pid);
    before ??= { fds: fds.length, cmdline, names: Object.keys(environ).sort() };
    expect({ cmdline, names: Object.keys(environ).sort() }).toEqual({ cmdline: before.cmdline, names: before.names });
    const most = before.fds;
    await until(() => observe(pid).fds.length <= most, { what: 'no more descriptors than before' });
  }
});
