import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Longer than any run, and any pause between two of them. */
const KEPT_MS = 24 * 60 * 60_000;

/** A file beside the tree: what is below the root of a running machine is not changed, not even a time. */
const noteOf = (tree) => `${tree}.used`;

/** Notes that a run uses the tree from now on. */
export function noteUse(tree) {
  writeFileSync(noteOf(tree), '');
}

/**
 * Moves what other checkouts have made, and what an interrupted one has left, into the directory `work`, to be deleted with it. What was used in the
 * last 24 hours stays, and what is mounted: a machine runs over it.
 */
export function moveOldTrees(cache, work) {
  const mounts = allMounts();
  const isOld = (path) => path !== work && Date.now() - lastUse(path) >= KEPT_MS && !mounts.some((table) => table.includes(path));
  const directories = readdirSync(cache, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  for (const path of directories.map(({ name }) => join(cache, name)).filter(isOld)) {
    for (const each of [path, noteOf(path)]) move(each, work);
  }
}

function lastUse(tree) {
  return statSync(existsSync(noteOf(tree)) ? noteOf(tree) : tree).mtimeMs;
}

/** Another process may move it at the same time. */
function move(path, work) {
  try {
    renameSync(path, join(work, path.slice(path.lastIndexOf('/') + 1)));
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
}

/** The mounts of each mount namespace that has a process. */
function allMounts() {
  const mounts = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const namespace = readlinkSync(`/proc/${pid}/ns/mnt`);
      if (!mounts.has(namespace)) mounts.set(namespace, readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
    } catch {
      // It has ended meanwhile, or is not ours to look at: no machine then.
    }
  }
  return [...mounts.values()];
}
