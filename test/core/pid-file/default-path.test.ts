import { chmodSync, chownSync, lstatSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { checkDefaultDirectory, defaultPidFilePath, makeDefaultDirectory } from '../../../packages/core/src/pid-file/default-path.ts';
import { sandbox } from '../../helpers/sandbox.ts';
import { notRoot } from '../hold.ts';

const own = process.getuid?.() ?? 0;
/** No account's, and no other run's. */
const SOMEBODY = 1_000_000_000 + process.pid;

test('root: /run; others: below their home, by their account and not by HOME', () => {
  const box = sandbox();
  expect(defaultPidFilePath('clock', { uid: 0, home: '/root' })).toBe('/run/clock.pid');
  if (own !== 0) expect(defaultPidFilePath('clock', { uid: own, home: box.directory })).toBe(box.path('.local/state/daemonium/clock.pid'));
  expect(defaultPidFilePath('clock')).toBe(defaultPidFilePath('clock'));
});

test.skipIf(notRoot)('a home that is another’s, missing or unknown: /tmp/daemonium-UID', () => {
  const box = sandbox();
  const temporary = `/tmp/daemonium-${SOMEBODY}/clock.pid`;
  for (const home of [box.directory, '/nonexistent', null]) expect(defaultPidFilePath('clock', { uid: SOMEBODY, home })).toBe(temporary);
  chownSync(box.directory, SOMEBODY, SOMEBODY);
  expect(defaultPidFilePath('clock', { uid: SOMEBODY, home: box.directory })).toBe(box.path('.local/state/daemonium/clock.pid'));
});

test.each(['', 'a/b', '../x', 'a\0b', 'ä'.repeat(126)])('a name that is no file name: %j', (name) => {
  expect(() => defaultPidFilePath(name)).toThrow(expect.objectContaining({ name: 'OptionError', option: 'name', value: name }));
  expect(defaultPidFilePath('ä'.repeat(125))).toContain('.pid');
});

test.skipIf(notRoot)('the directory in /tmp: a link, another user’s, or open to others is refused', ({ onTestFinished }) => {
  const directory = `/tmp/daemonium-${SOMEBODY}`;
  const path = `${directory}/clock.pid`;
  const remove = () => rmSync(directory, { recursive: true, force: true });
  onTestFinished(remove);
  const refused = (why: string) => {
    for (const look of [checkDefaultDirectory, makeDefaultDirectory]) {
      expect(() => look(path, SOMEBODY)).toThrow(
        expect.objectContaining({ name: 'PidFileInsecureError', path, message: expect.stringContaining(why) }),
      );
    }
    remove();
  };
  checkDefaultDirectory(path, SOMEBODY);
  mkdirSync(directory, { mode: 0o700 });
  refused('another user');
  mkdirSync(directory, { mode: 0o700 });
  chownSync(directory, SOMEBODY, SOMEBODY);
  checkDefaultDirectory(path, SOMEBODY);
  chmodSync(directory, 0o755);
  refused('0755');
  symlinkSync('/', directory);
  refused('symbolic link');
});

test.skipIf(own === 0)('it is made for its owner alone', () => {
  const box = sandbox();
  const path = defaultPidFilePath('clock', { uid: own, home: box.directory });
  makeDefaultDirectory(path);
  expect(lstatSync(box.path('.local/state/daemonium')).mode & 0o777).toBe(0o700);
});
