// Tests of root become other users, and these have to read Node and the checkout. Both may be out of reach: under root's home, in a directory of
// `mktemp -d`, or made under umask 077. Then the tests are run in a copy.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
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
 * Where to run the tests: `root` (the checkout), `node` (the executable) and `temporary` (a directory for TMPDIR); or copies, which are removed after `use`. What cannot be made readable stays as it is; the tests that need it are skipped then, see {@link whyUnreadable}.
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
    const copied = { ...asTheyAre, root: join(directory, 'checkout') };
    copy(root, copied.root, isPublic);
    if (!isAllowed(process.execPath, ['--version'])) {
      copied.node = join(directory, 'node');
      copy(process.execPath, copied.node);
    }
    return await use(copied);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Whether the user `nobody` can run a program over core, koffi included: `false`, or why not. */
export function whyUnreadable({ root, node, temporary }) {
  if (!isOpenToAll(temporary)) return `not every user may write the temporary directory '${temporary}'`;
  const directory = mkdtempSync(join(temporary, 'daemonium-readable-'));
  try {
    chownSync(directory, NOBODY, NOBODY);
    const args = [join(root, 'test/fixtures/dist/lock-try.js'), join(directory, 'x.pid')];
    const { stdout, stderr, error } = spawnSync(node, args, { cwd: '/', uid: NOBODY, gid: NOBODY, encoding: 'utf8' });
    if (stdout?.includes('"locked":true')) return false;
    return `other users cannot run '${node} ${args[0]}': ${error?.message ?? `${stdout}${stderr}`.trim()}`;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const isOpenToAll = (directory) => isAllowed('/bin/sh', ['-c', 'test -w "$0" && test -x "$0"', directory]);

/** Whether a program succeeds as the user `nobody`. */
function isAllowed(program, args) {
  return spawnSync(program, args, { cwd: '/', uid: NOBODY, gid: NOBODY }).status === 0;
}

/** Of the checkout's root: what may hold secrets (`.env`, `.npmrc`) no test needs. */
const isPublic = (name) => !name.startsWith('.') || name === '.ci' || name === '.github';

/** The linter is a third of all, and no test needs it either. */
const isNeeded = (name) => !name.startsWith('@biomejs');

/** Hard links where that will do. The symbolic links of node_modules are relative, and so mean the copy's. */
function copy(from, to, isWanted = isNeeded) {
  const stat = statSync(from);
  if (stat.isDirectory()) {
    mkdirSync(to);
    chmodSync(to, 0o755);
    for (const entry of readdirSync(from, { withFileTypes: true })) {
      if (!isWanted(entry.name)) continue;
      const [source, target] = [join(from, entry.name), join(to, entry.name)];
      if (entry.isSymbolicLink()) symlinkSync(readlinkSync(source), target);
      else if (entry.isDirectory() || entry.isFile()) copy(source, target);
    }
    return;
  }
  const mode = (stat.mode & 0o100) === 0 ? 0o644 : 0o755;
  if ((stat.mode & mode) === mode && isLinked(from, to)) return;
  copyFileSync(from, to);
  chmodSync(to, mode);
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
