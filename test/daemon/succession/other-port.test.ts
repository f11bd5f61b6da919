import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ask, freePort } from '../../helpers/http.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { onlyThese, startService, upgraded, writeVersion } from './subject.ts';

test.each([
  ['function', 'main.mjs', 'serve(this.sockets)'],
  ['program', 'program.mjs', 'serve([{ port: Number(process.argv[2]) }])'],
] as const)(
  '%s: a new version that listens on another port takes over; the socket waits for the next that takes it',
  async (kind, file, serves) => {
    const box = sandbox();
    const [port, other] = [await freePort(), await freePort()];
    writeVersion(box, kind, 'v1');
    expect(await startService(box, kind, port)).toMatchObject({ code: 0, stderr: '' });
    writeVersion(box, kind, 'v2');
    const source = readFileSync(box.path(file), 'utf8');
    expect(source).toContain(serves);
    writeFileSync(box.path(file), source.replace(serves, `serve([{ port: ${other} }])`));
    const second = await upgraded(box);
    expect((await ask({ port: other })).body).toBe(`v2 ${second.pid}`);
    await onlyThese(box, second.pid);
    // Not refused: the kernel takes the connection.
    const waiting = ask({ port });
    writeVersion(box, kind, 'v3');
    const third = await upgraded(box);
    expect((await waiting).body).toBe(`v3 ${third.pid}`);
    await onlyThese(box, third.pid);
  },
);
