import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { openFiles } from '@daemonium/core';
import { setCloseOnExec } from '@daemonium/core/posix';
import { expect, test } from 'vitest';
import { descriptorsOf } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';

test('descriptor, path, kind and close-on-exec of everything that is open', async () => {
  const box = sandbox();
  writeFileSync(box.path('file'), '');
  writeFileSync(box.path('gone'), '');
  await box.launch(box.path('fifo'), { executable: 'mkfifo' });
  const server = createServer().listen(0);
  await once(server, 'listening');
  const expected = [
    [openSync(box.path('file'), 'r'), box.path('file'), 'file'],
    [openSync(box.path('gone'), 'r+'), `${box.path('gone')} (deleted)`, 'file'],
    [openSync(mkdtempSync(box.path('d-')), 'r'), expect.stringContaining(box.path('d-')), 'directory'],
    [openSync(box.path('fifo'), 'r+'), box.path('fifo'), 'fifo'],
    [openSync('/dev/null', 'r'), '/dev/null', 'character'],
  ] as const;
  unlinkSync(box.path('gone'));
  setCloseOnExec(expected[0][0], false);
  const seen = openFiles();
  for (const [fd, path, kind] of expected) {
    expect(seen.find((open) => open.fd === fd)).toEqual({ fd, path, kind, closeOnExec: fd !== expected[0][0] });
  }
  expect(seen.filter(({ kind }) => kind === 'anonymous').map(({ path }) => path)).toContain('anon_inode:[eventpoll]');
  expect(seen.some(({ kind, path }) => kind === 'socket' && path.startsWith('socket:['))).toBe(true);
  // The same as another look at it, and nothing of its own: the directory that it read is not in it.
  expect(seen.map(({ fd, closeOnExec }) => [fd, closeOnExec])).toEqual(
    descriptorsOf(process.pid)
      .filter(({ target }) => !target.startsWith('/proc/'))
      .map(({ fd, closeOnExec }) => [fd, closeOnExec]),
  );
  for (const [fd] of expected) closeSync(fd);
  server.close();
  expect(readdirSync(box.directory)).toContain('file');
});
