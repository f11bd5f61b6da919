// Without logrotate: pino-roll rolls the files by size. loggerFds knows the file that is open now.
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { loggerFds } from '@daemonium/logging';
import pino from 'pino';
// @ts-expect-error -- pino-roll 4.0 comes without types
import roll from 'pino-roll';

const directory = mkdtempSync(join(tmpdir(), 'daemonium-example-'));
const stream = await roll({ file: join(directory, 'app'), extension: '.log', size: '1k', sync: true });
const log = pino({ base: null }, stream);

for (let n = 1; n <= 40; n++) {
  log.info({ n }, 'a line of the log');
  await new Promise((resolve) => setImmediate(resolve));
}

const [fd] = loggerFds(log);
const files = readdirSync(directory).sort();
const lines = files.map((file) => readFileSync(join(directory, file), 'utf8').trimEnd().split('\n').length);
console.log(`${files.length} files (${files.join(', ')}), ${lines.reduce((sum, count) => sum + count, 0)} lines`);
console.log(`descriptor of the logger: ${basename(readlinkSync(`/proc/self/fd/${fd}`))}`);

stream.end();
await once(stream, 'close');
rmSync(directory, { recursive: true });
