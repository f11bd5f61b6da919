import { linkSync, lstatSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { chmodSocket } from '../../../packages/core/src/posix/chmod-socket.ts';
import { sandbox } from '../../helpers/sandbox.ts';

const modeOf = (path: string) => (lstatSync(path).mode & 0o777).toString(8);

test('changes the mode of a socket, and of nothing that is in its place', async () => {
  const box = sandbox();
  const servers = ['socket', 'other'].map((name) => createServer().listen(box.path(name)));
  await Promise.all(servers.map((server) => new Promise((resolve) => server.once('listening', resolve))));
  chmodSocket(box.path('socket'), 0o640);
  expect(modeOf(box.path('socket'))).toBe('640');
  writeFileSync(box.path('file'), '', { mode: 0o600 });
  const before = modeOf(box.path('other'));
  for (const [name, target] of [
    ['link', 'file'],
    ['link-to-socket', 'other'],
  ] as const)
    symlinkSync(box.path(target), box.path(name));
  linkSync(box.path('other'), box.path('second'));
  for (const name of ['file', 'link', 'link-to-socket', 'second']) {
    expect(() => chmodSocket(box.path(name), 0o666)).toThrow(expect.objectContaining({ code: 'ENOTSOCK' }));
  }
  expect(() => chmodSocket(box.path('none'), 0o666)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect([modeOf(box.path('file')), modeOf(box.path('other'))]).toEqual(['600', before]);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
});
