import { chmodSync, chownSync, linkSync, lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { notRoot, OTHER } from '../../core/hold.ts';
import { fixture, type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { refused } from '../stages/run.ts';

interface Case {
  /** Makes what is in the directory of the pid file, and has to stay as it is. */
  readonly make: (here: (name: string) => string) => void;
  readonly pidFile?: string;
  readonly name?: string;
  readonly code: string;
  /** Only root can arrange it. */
  readonly root?: boolean;
  /** Started by a user who is not root. */
  readonly uid?: number;
}

const CASES: readonly (readonly [what: string, made: Case])[] = [
  ['a missing directory', { make: () => {}, pidFile: 'missing/x.pid', code: 'ENOENT' }],
  ['below a file', { make: (here) => writeFileSync(here('file'), 'x'), pidFile: 'file/x.pid', code: 'ENOTDIR' }],
  ['a directory', { make: (here) => mkdirSync(here('x.pid')), code: 'EISDIR' }],
  ['a name that is too long', { make: () => {}, pidFile: 'x'.repeat(300), code: 'ENAMETOOLONG' }],
  ['a symbolic link to nothing', { make: (here) => symlinkSync('nothing', here('x.pid')), code: 'ELOOP' }],
  [
    'a symbolic link to a file',
    {
      make: (here) => {
        writeFileSync(here('target'), 'precious', { mode: 0o640 });
        symlinkSync('target', here('x.pid'));
      },
      code: 'ELOOP',
    },
  ],
  [
    'a file with a second name',
    {
      make: (here) => {
        writeFileSync(here('precious'), '77\n');
        linkSync(here('precious'), here('x.pid'));
      },
      name: 'PidFileInsecureError',
      code: 'ERR_PID_FILE_INSECURE',
    },
  ],
  [
    "another user's file, planted in a directory that all may write",
    {
      make: (here) => {
        writeFileSync(here('x.pid'), '77\n');
        chmodSync(here('.'), 0o1777);
        chownSync(here('x.pid'), OTHER, OTHER);
      },
      name: 'PidFileInsecureError',
      code: 'ERR_PID_FILE_INSECURE',
      root: true,
    },
  ],
  ['a directory that the user may not write', { make: (here) => chmodSync(here('..'), 0o777), code: 'EACCES', root: true, uid: OTHER }],
];

/** Names, kinds, permissions, owners, times, contents. */
function seen(box: Sandbox): unknown[] {
  return readdirSync(box.path('here')).map((name) => {
    const { mode, uid, ino, mtimeMs } = lstatSync(box.path('here', name));
    return [name, mode, uid, ino, mtimeMs, (mode & 0o170000) === 0o100000 ? readFileSync(box.path('here', name), 'utf8') : null];
  });
}

/** A start, detached and in the foreground, gets the lock's own error before anything is spawned, and leaves everything as it was. */
async function expectRefused(box: Sandbox, { pidFile = 'x.pid', name = 'LockFailedError', code, uid }: Omit<Case, 'make'>) {
  const path = box.path('here', pidFile);
  const before = seen(box);
  for (const detach of [true, false]) {
    const failure = await refused(
      box,
      { pidFile: path, detach, stdout: box.path('out.log') },
      { execArgv: ['--import', fixture('option-no-spawn')], ...(uid === undefined ? {} : { uid, gid: uid }) },
    );
    expect(failure).toMatchObject({ name, code, message: expect.stringContaining(`'${path}'`) });
    expect(failure).not.toHaveProperty('stage');
  }
  expect(seen(box)).toEqual(before);
  expect(readdirSync(box.directory)).toEqual(['here']);
}

function boxWithHere(): Sandbox {
  const box = sandbox();
  mkdirSync(box.path('here'));
  return box;
}

test.each(CASES.filter(([, { root }]) => root !== true || notRoot === false))(
  'a pid file that cannot be one is the error of start(), before anything is spawned: %s',
  async (_, { make, ...rest }) => {
    const box = boxWithHere();
    make((name) => box.path('here', name));
    await expectRefused(box, rest);
  },
);

test('a FIFO, which would wait for its other end, is refused', async () => {
  const box = boxWithHere();
  await box.launch(box.path('here', 'x.pid'), { executable: 'mkfifo' });
  await expectRefused(box, { code: 'EINVAL' });
});
