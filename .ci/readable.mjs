// Tests of root become other users, and these have to read Node and the checkout. Both may be out of reach: under root's home, in a directory of
// `mktemp -d`, or made under umask 077. Then the tests are run in a copy.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const NOBODY = 65_534;

/**
 * Where to run the tests: `root` (the checkout), `node` (its executable) and `temporary` (a directory for TMPDIR), or copies of them for the time
 * of `use`. What cannot be made readable stays as it is; the tests that need it are skipped then, see {@link whyUnreadable}.
 */
export async function withReadable(root, use) {
  const places = [tmpdir(), '/tmp', '/var/tmp'];
  const temporary = places.find(isOpenToAll) ?? tmpdir();
  const asTheyAre = { root, node: process.execPath, temporary };
  if (process.getuid?.() !== 0 || whyUnreadable(asTheyAre) === false) return use(asTheyAre);
  const directory = mkdtempSync(join(temporary, 'daemonium-checkout-'));
  try {
    chmodSync(directory, 0o755);
    console.log(`\nOther users cannot read all of '${root}' and Node, so the tests run in a copy: '${directory}'`);
    const copied = { root: join(directory, 'checkout'), node: join(directory, 'node'), temporary };
    copy(root, copied.root);
    copy(process.execPath, copied.node);
    return await use(copied);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether nobody can run a program over core, koffi included: `false`, or why not. */
export function whyUnreadable({ root, node, temporary }) {
  if (!isOpenToAll(temporary)) return `not every user may write the temporary directory '${temporary}'`;
  const directory = mkdtempSync(join(temporary, 'daemonium-readable-'));
  try {
    chmodSync(directory, 0o777);
    const args = [join(root, 'test/fixtures/dist/lock-try.js'), join(directory, 'x.pid')];
    const { stdout, stderr, error } = spawnSync(node, args, { cwd: '/', uid: NOBODY, gid: NOBODY, encoding: 'utf8' });
    if (stdout?.includes('"locked":true')) return false;
    return `other users cannot run '${node} ${args[0]}': ${error?.message ?? `${stdout}${stderr}`.trim()}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function isOpenToAll(directory) {
  const args = ['-c', 'test -w "$0" && test -x "$0"', directory];
  return spawnSync('/bin/sh', args, { cwd: '/', uid: NOBODY, gid: NOBODY }).status === 0;
}

/** Git's data, and the linter, which is a third of the rest. */
const LEFT_OUT = /^(\.git|@biomejs.*)$/;

/** Hard links where that will do. The symbolic links of node_modules are relative, and so mean the copy's. */
function copy(from, to) {
  const { mode } = statSync(from);
  if (statSync(from).isDirectory()) {
    mkdirSync(to);
    chmodSync(to, 0o755);
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (LEFT_OUT.test(entry.name)) continue;
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
      else if (entry.isDirectory() || entry.isFile()) copy(source, target);
    }
    return;
  }
  const wanted = (mode & 0o100) === 0 ? 0o644 : 0o755;
  if ((mode & wanted) === wanted && isLinked(from, to)) return;
  copyFileSync(from, to);
  chmodSync(to, wanted);
}

/** Not to another file system, and not where there are no hard links. */
function isLinked(from, to) {
  try {
    linkSync(from, to);
    return true;
  } catch {
    return false;
  }
}
