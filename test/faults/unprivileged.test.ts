import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { notRoot } from '../core/hold.ts';
import { sandbox } from '../helpers/sandbox.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const NOBODY = 65_534;

/** What a user who is not root meets on the way; the tests as root look at other things, too. */
const CHOSEN = [
  'test/core/lock/bad-paths',
  'test/core/lock/handover',
  'test/core/lock/lifecycle',
  'test/daemon/launcher/failing-starts',
  'test/faults/signals',
];

test.skipIf(notRoot)(
  'the same tests pass for a user other than root',
  async () => {
    const box = sandbox();
    // The configuration is read as it is: the user may not write a bundle of it beside it.
    const args = ['run', '--no-color', '--configLoader', 'runner', '--cache=false', '--maxWorkers', '1', ...CHOSEN];
    const { code, stdout } = await box.launch(join(root, 'node_modules/vitest/vitest.mjs'), {
      args,
      cwd: root,
      uid: NOBODY,
      gid: NOBODY,
      env: { HOME: box.directory },
      deadline: 400_000,
    });
    expect(stdout).toMatch(/Test Files {2}5 passed \(5\)/);
    expect(code).toBe(0);
  },
  410_000,
);
