import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, inject, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';

const { moveOldTrees, noteUse } = (await import(new URL('./old-trees.mjs', import.meta.url).href)) as {
  moveOldTrees(cache: string, work: string): void;
  noteUse(tree: string): void;
};

const HOUR_S = 3_600;

/** A cache of trees, each with the age of its making, and the directory that is to take the old ones. */
function cacheOf(trees: Record<string, { readonly madeHoursAgo: number }>) {
  const box = sandbox();
  const cache = box.path('cache');
  const work = join(cache, '.work');
  mkdirSync(work, { recursive: true });
  for (const [name, { madeHoursAgo }] of Object.entries(trees)) {
    mkdirSync(join(cache, name, 'etc'), { recursive: true });
    const made = Date.now() / 1000 - madeHoursAgo * HOUR_S;
    utimesSync(join(cache, name), made, made);
  }
  return { box, cache, work, tree: (name: string) => join(cache, name) };
}

describe.skipIf(inject('noMachine'))('the trees of other checkouts', () => {
  test('what was used in the last 24 hours stays, and what a machine runs over; the rest goes, with its note', async () => {
    const { box, cache, work, tree } = cacheOf({
      made: { madeHoursAgo: 23 },
      used: { madeHoursAgo: 500 },
      mounted: { madeHoursAgo: 500 },
      old: { madeHoursAgo: 25 },
      'used-once': { madeHoursAgo: 500 },
      '.4194305': { madeHoursAgo: 25 },
    });
    noteUse(tree('used'));
    noteUse(tree('used-once'));
    const then = Date.now() / 1000 - 25 * HOUR_S;
    utimesSync(`${tree('used-once')}.used`, then, then);
    const layers = `lowerdir=${tree('mounted')},upperdir=/mnt/upper,workdir=/mnt/work`;
    const script = `mount -t tmpfs t /mnt; mkdir /mnt/upper /mnt/work /mnt/root; mount -t overlay -o ${layers} o /mnt/root; echo up; exec sleep infinity`;
    const machine = box.spawn('', { executable: 'unshare', args: ['-m', 'sh', '-ec', script] });
    await until(() => machine.stdout === 'up\n', { what: `the machine; ${machine.stderr}` });

    moveOldTrees(cache, work);
    expect(readdirSync(cache).sort()).toEqual(['.work', 'made', 'mounted', 'used', 'used.used']);
    expect(readdirSync(work).sort()).toEqual(['.4194305', 'old', 'used-once', 'used-once.used']);

    machine.child.kill();
    await machine.finished;
    moveOldTrees(cache, work);
    expect(readdirSync(cache).sort()).toEqual(['.work', 'made', 'used', 'used.used']);
  });

  test('files beside the trees stay', () => {
    const { cache, work } = cacheOf({});
    writeFileSync(join(cache, 'failed'), 'no apt-get on this system\n');
    utimesSync(join(cache, 'failed'), 0, 0);
    moveOldTrees(cache, work);
    expect(readdirSync(cache).sort()).toEqual(['.work', 'failed']);
  });
});
