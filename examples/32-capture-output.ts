// What a program and its libraries print becomes records of the log, until the handle is disposed of.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { captureOutput, fileLogger } from '@daemonium/logging';

const directory = mkdtempSync(join(tmpdir(), 'daemonium-example-'));
const path = join(directory, 'app.log');
const log = fileLogger({ path });

const capture = captureOutput(log);
console.log('listening on port %d', 8080);
console.error('cannot reach the database');
process.stdout.write('a line ');
process.stdout.write('in two parts\n');
capture[Symbol.dispose]();

for (const line of readFileSync(path, 'utf8').trimEnd().split('\n')) {
  const { level, msg } = JSON.parse(line) as { level: number; msg: string };
  console.log(`${log.levels.labels[level]}: ${msg}`);
}
rmSync(directory, { recursive: true });
