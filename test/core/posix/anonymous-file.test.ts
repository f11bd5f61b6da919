import { closeSync, fstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { anonymousFile } from '../../../packages/core/src/posix/anonymous-file.ts';
import { observe } from '../../helpers/observe.ts';
import { sandbox } from '../../helpers/sandbox.ts';

function inDirectory<T>(directory: string, work: () => T): T {
  const before = process.env['TMPDIR'];
  process.env['TMPDIR'] = directory;
  try {
    return work();
  } finally {
    if (before === undefined) delete process.env['TMPDIR'];
    else process.env['TMPDIR'] = before;
  }
}

test('a file without a name, from its start, for reading alone', () => {
  const box = sandbox();
  const content = Buffer.from('x'.repeat(3_000_000));
  const fd = inDirectory(box.directory, () => anonymousFile(content));
  const { target, flags } = observe(process.pid).fds.find((open) => open.fd === fd) ?? { target: '', flags: -1 };
  expect([target.startsWith(box.directory), flags & 3, fstatSync(fd).nlink, fstatSync(fd).mode & 0o777]).toEqual([true, 0, 0, 0o600]);
  expect(readFileSync(fd).equals(content)).toBe(true);
  expect(readdirSync(box.directory)).toEqual([]);
  closeSync(fd);
});

test('where there can be none another directory will do', () => {
  const box = sandbox();
  mkdirSync(box.path('empty'));
  for (const directory of [box.path('missing'), '/proc', '/sys']) {
    const fd = inDirectory(directory, () => anonymousFile(Buffer.from('content')));
    expect([fstatSync(fd).nlink, readFileSync(fd, 'utf8')]).toEqual([0, 'content']);
    closeSync(fd);
  }
});
