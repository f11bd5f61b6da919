// 1,000 rotations (rename, SIGHUP) under a writer: lines lost, lines there twice, lines in the wrong file.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { fileLogger } from '@daemonium/logging';

const ROTATIONS = 1000;
const DEADLINE_MS = 10_000;

/** Runs in the child: logs without a pause until SIGTERM. */
function child(path, sync) {
  const logger = fileLogger({ path, sync: sync === 'true' });
  let n = 0;
  let stopped = false;
  process.on('SIGTERM', () => {
    stopped = true;
  });
  const turn = () => {
    if (stopped) return console.log(n);
    for (let left = 20; left > 0; left--) logger.info({ n: n++ }, 'a line');
    return setImmediate(turn);
  };
  turn();
  console.log('ready');
}

async function until(condition) {
  const end = performance.now() + DEADLINE_MS;
  while (!condition()) {
    if (performance.now() > end) throw new Error('The file was not reopened in time');
    await new Promise((resolve) => setImmediate(resolve));
  }
}

async function rotate(sync) {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  const path = join(directory, 'app.log');
  const writer = spawn(process.execPath, [fileURLToPath(import.meta.url), 'child', path, String(sync)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exit = new Promise((resolve) => writer.once('exit', resolve));
  try {
    const said = createInterface(writer.stdout)[Symbol.asyncIterator]();
    await said.next();
    const files = [];
    let wrongFile = 0;
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      const rotated = `${path}.${rotation}`;
      renameSync(path, rotated);
      writer.kill('SIGHUP');
      await until(() => existsSync(path) && statSync(path).size > 0);
      files.push({ rotated, size: statSync(rotated).size });
    }
    writer.kill('SIGTERM');
    const lines = Number((await said.next()).value);
    await exit;
    let expected = 0;
    let lost = 0;
    let twice = 0;
    // Whatever a rotated file got after its successor had lines is a line in the wrong file.
    for (const { rotated, size } of files) wrongFile += readFileSync(rotated).subarray(size).toString('latin1').split('\n').length - 1;
    for (const file of [...files.map(({ rotated }) => rotated), path]) {
      for (const line of readFileSync(file, 'latin1').split('\n').slice(0, -1)) {
        const { n } = JSON.parse(line);
        if (n < expected) twice++;
        else {
          lost += n - expected;
          expected = n + 1;
        }
      }
    }
    return { lines, lost: lost + (lines - expected), twice, wrongFile };
  } finally {
    writer.kill('SIGKILL');
    await exit;
    rmSync(directory, { recursive: true, force: true });
  }
}

export async function run() {
  const figures = { rotations: 2 * ROTATIONS, lines: 0, lost: 0, twice: 0, 'in the wrong file': 0 };
  for (const sync of [true, false]) {
    const { lines, lost, twice, wrongFile } = await rotate(sync);
    figures.lines += lines;
    figures.lost += lost;
    figures.twice += twice;
    figures['in the wrong file'] += wrongFile;
  }
  const pass = figures.lost === 0 && figures.twice === 0 && figures['in the wrong file'] === 0;
  return {
    name: 'log rotations under a writer',
    figures,
    target: `${ROTATIONS} rotations each, sync and buffered: 0 lines lost, 0 twice`,
    pass,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  if (process.argv[2] === 'child') child(process.argv[3], process.argv[4]);
  else console.log(await run());
}
