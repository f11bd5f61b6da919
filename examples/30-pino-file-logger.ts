// A log file that logrotate may rename: after SIGHUP the lines go into a new one. Here the program rotates its own.
import { mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileLogger } from '@daemonium/logging';

const directory = mkdtempSync(join(tmpdir(), 'daemonium-example-'));
const path = join(directory, 'logs', 'app.log');

const log = fileLogger({ path, mkdir: true, name: 'shop', redact: ['card'], base: null });
const orders = log.child({ module: 'orders' });

orders.info({ order: 1, card: '4242 4242' }, 'before the rotation');
renameSync(path, `${path}.1`);
orders.info({ order: 2 }, 'still into the renamed file');
process.kill(process.pid, 'SIGHUP');
await pause(50);
orders.info({ order: 3 }, 'after the rotation');

for (const file of [`${path}.1`, path]) {
  for (const line of readFileSync(file, 'utf8').trimEnd().split('\n')) {
    const { order, card, msg } = JSON.parse(line) as { order: number; card?: string; msg: string };
    console.log(`${file === path ? 'app.log  ' : 'app.log.1'} order ${order}: ${msg}${card === undefined ? '' : ` (card ${card})`}`);
  }
}
rmSync(directory, { recursive: true });
