import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { PidLockFile } from '@daemonium/core';
import { expect, test } from 'vitest';
import { compile, noCompiler } from '../../helpers/compile.ts';
import { kernelSetting } from '../../helpers/kernel-setting.ts';
import { type Sandbox, sandbox } from '../../helpers/sandbox.ts';
import { until } from '../../helpers/wait.ts';
import { notRoot, OTHER } from '../hold.ts';
import { type Change, mutants } from '../mutant.ts';

if (noCompiler !== false) console.log(`Some tests are skipped: ${noCompiler}`);

/** Root locks and frees the pid file `rounds` times, while another user does everything to have it be a link to a file of root's. */
async function race(box: Sandbox, { PidLockFile: Lock }: { PidLockFile: typeof PidLockFile }, rounds: number) {
  const shared = box.path('shared');
  mkdirSync(shared);
  // His own directory, as /var/lib/app is: he can put there, and take away, what he likes.
  chownSync(shared, OTHER, OTHER);
  mkdirSync(box.path('marks'));
  chmodSync(box.path('marks'), 0o777);
  // What a wrong or an aimed-at file could be: it looks like a pid file, too.
  const target = box.path('precious');
  writeFileSync(target, '77\n', { mode: 0o666 });
  chmodSync(target, 0o666);
  const before = statSync(target);
  const program = compile(box, 'link-race');
  chmodSync(program, 0o755);
  const attackers = [0, 1].map((index) =>
    box.spawn('', { executable: program, args: [shared, 'x.pid', target, box.path('marks', String(index))], uid: OTHER, gid: OTHER }),
  );
  const links = () =>
    attackers.map((_, index) => Number(readFileSync(box.path('marks', String(index)), 'utf8').split(' ')[0])).reduce((a, b) => a + b, 0);
  await until(() => attackers.every((_, index) => readFileSync(box.path('marks', String(index)), 'utf8') !== ''), {
    what: 'the attackers',
  });
  let [taken, refused] = [0, 0];
  for (let round = 0; round < rounds; round++) {
    const lock = new Lock(`${shared}/x.pid`, { mode: 0o644 });
    try {
      lock.seal();
      taken++;
    } catch (error) {
      expect(['PidFileInsecureError', 'LockFailedError', 'NotMyLockError', 'AlreadyLockedError']).toContain((error as Error).name);
      refused++;
    }
    try {
      lock[Symbol.dispose]();
    } catch {}
    // So that the attackers, on a small machine, come to their turn.
    if (round % 16 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  const after = statSync(target);
  const kept = (one: typeof before) => [one.mode, one.uid, one.gid, one.size, one.mtimeMs];
  const seen = { links: links(), taken, refused, same: String(kept(after)) === String(kept(before)), text: readFileSync(target, 'utf8') };
  await box.reap();
  return seen;
}

test.skipIf(notRoot !== false || noCompiler !== false).each(['0', '1'])(
  'fs.protected_hardlinks=%s: root changes no file that another user links to the name of its pid file',
  async (protection) => {
    if (!kernelSetting('fs/protected_hardlinks', protection)) return console.log('skipped: fs.protected_hardlinks cannot be set here');
    const seen = await race(sandbox(), { PidLockFile }, 1000);
    expect([seen.same, seen.text]).toEqual([true, '77\n']);
    // Links there were, and root met them, or what they stood for.
    expect(seen.links).toBeGreaterThan(0);
    expect(seen.refused).toBeGreaterThan(0);
  },
  60_000,
);

/** The number of links says nothing: it is looked at before the file is changed, and another one by then. */
const WITHOUT_LOOK: Change = ['lock/safety.ts', 'if (file.nlink > 1)', 'if (false)'];
const ADOPTING: Change = ['lock/take.ts', 'if (fresh || (isPrivate && isOurs(stat)))', 'if (true)'];

test.skipIf(notRoot !== false || noCompiler !== false).each([
  ['nor when the number of links is not looked at', [WITHOUT_LOOK], true],
  ['but would, if it adopted what is there', [WITHOUT_LOOK, ADOPTING], false],
] as const)(
  '%s',
  async (_what, changes, same) => {
    if (!kernelSetting('fs/protected_hardlinks', '0')) return console.log('skipped: fs.protected_hardlinks cannot be set here');
    const core = (await import(await mutants(sandbox(), changes))) as { PidLockFile: typeof PidLockFile };
    const seen = await race(sandbox(), core, 1000);
    expect([seen.same, seen.links > 0]).toEqual([same, true]);
  },
  60_000,
);
