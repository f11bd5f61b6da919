import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { OptionError, pidFilePath } from '@daemonium/core';
import { expect, test } from 'vitest';

test('directory, instance, name, suffix', () => {
  const directory = '/d';
  expect(pidFilePath('mail', { directory })).toBe('/d/mail.pid');
  expect(pidFilePath('mail', { directory, instance: 'a' })).toBe('/d/a-mail.pid');
  expect(pidFilePath('mail', { directory, instance: 3 })).toBe('/d/3-mail.pid');
  expect(pidFilePath('mail', { directory, suffix: '.lock' })).toBe('/d/mail.lock');
  expect(pidFilePath('mail', { directory, suffix: '' })).toBe('/d/mail');
  expect(pidFilePath('mail.pid', { directory })).toBe('/d/mail.pid');
  expect(pidFilePath('mail', { directory: 'relative' })).toBe(join(process.cwd(), 'relative/mail.pid'));
  expect(pidFilePath('/elsewhere/mail.pid', { directory })).toBe('/elsewhere/mail.pid');
});

test('the name defaults to the main script, the directory to one that may be written', () => {
  const program = basename(process.argv[1] ?? '').replace(/\.\w+$/, '');
  expect(basename(pidFilePath())).toBe(`${program}.pid`);
  const uid = process.getuid?.() ?? 0;
  const found = [...(uid === 0 ? [] : [`/run/user/${uid}`]), '/run', tmpdir()];
  expect(found.map((directory) => join(directory, 'x.pid'))).toContain(pidFilePath('x'));
  expect(existsSync(pidFilePath('x-never-made'))).toBe(false);
  if (uid === 0 && existsSync('/run')) expect(pidFilePath('x')).toBe('/run/x.pid');
});

test.each([
  ['name', 5, {}],
  ['name', '', {}],
  ['name', 'a/b', {}],
  ['name', '..', {}],
  ['name', 'a\0b', {}],
  ['instance', 'x', { instance: '../x' }],
  ['instance', 'x', { instance: {} }],
  ['suffix', 'x', { suffix: '/x' }],
  ['directory', 'x', { directory: 5 }],
  ['directory', 'x', { directory: '' }],
])('%s that is no part of a file name is refused: %j %j', (option, name, options) => {
  expect(() => pidFilePath(name as string, options as object)).toThrow(OptionError);
  expect(() => pidFilePath(name as string, options as object)).toThrow(`Option '${option}'`);
});
