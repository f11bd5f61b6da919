import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { openForAppending } from '@daemonium/core/start';
import { expect, onTestFinished, test } from 'vitest';
import { descriptorsOf } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { notRoot, OTHER } from '../hold.ts';

function open(path: string, mode = 0o640): number {
  const fd = openForAppending(path, mode);
  onTestFinished(() => closeSync(fd));
  return fd;
}

test('a new file has the mode, an existing one keeps its own, and both are appended to', () => {
  const box = sandbox();
  writeSync(open(box.path('new'), 0o646), 'new');
  writeFileSync(box.path('old'), 'old ');
  chmodSync(box.path('old'), 0o604);
  writeSync(open(box.path('old')), 'and new');
  expect(readFileSync(box.path('old'), 'utf8')).toBe('old and new');
  expect([statSync(box.path('new')).mode & 0o777, statSync(box.path('old')).mode & 0o777]).toEqual([0o646, 0o604]);
});

test('a character device will do', () => {
  expect(writeSync(open('/dev/null'), 'x')).toBe(1);
});

test('links, FIFOs, sockets and directories are refused, at once, and nothing stays open', async () => {
  const box = sandbox();
  writeFileSync(box.path('file'), '');
  symlinkSync(box.path('file'), box.path('link'));
  symlinkSync(box.path('nowhere'), box.path('dangling'));
  mkdirSync(box.path('directory'));
  execFileSync('mkfifo', [box.path('fifo'), box.path('read')]);
  const reader = openSync(box.path('read'), 'r+');
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(box.path('socket'), resolve));
  onTestFinished(() => {
    closeSync(reader);
    server.close();
  });
  const before = descriptorsOf(process.pid).length;
  const refused = {
    link: 'ELOOP',
    dangling: 'ELOOP',
    directory: 'EISDIR',
    fifo: 'ENXIO',
    read: 'ENXIO',
    socket: 'ENXIO',
    'file/x': 'ENOTDIR',
  };
  for (const [name, code] of Object.entries(refused)) {
    expect(() => openForAppending(box.path(name), 0o640), name).toThrow(expect.objectContaining({ code }));
  }
  expect(descriptorsOf(process.pid)).toHaveLength(before);
});

test("a second name in a directory of one's own is one's own affair", () => {
  const box = sandbox();
  writeFileSync(box.path('log'), '');
  linkSync(box.path('log'), box.path('second'));
  expect(writeSync(open(box.path('log')), 'x')).toBe(1);
});

test.skipIf(notRoot !== false)('where another user can have given a file its second name, it may be any file, and is refused', async () => {
  const box = sandbox();
  const theirs = box.path('theirs');
  mkdirSync(theirs);
  // As that user can where fs.protected_hardlinks is 0.
  writeFileSync(box.path('passwd'), 'precious\n');
  linkSync(box.path('passwd'), `${theirs}/log`);
  chownSync(theirs, OTHER, OTHER);
  expect(() => openForAppending(`${theirs}/log`, 0o600)).toThrow(expect.objectContaining({ code: 'EMLINK' }));
  const options = JSON.stringify({ stdout: `${theirs}/log`, user: 'nobody', detach: true });
  const launcher = await box.launch('respawn-daemon', { args: [box.directory, options] });
  expect(launcher.code).toBe(1);
  expect(launcher.stderr).toContain('it has a second name');
  expect(readFileSync(box.path('passwd'), 'utf8')).toBe('precious\n');
});
