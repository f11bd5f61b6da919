import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { upTo } from './records.ts';

const found = spawnSync('logrotate', ['--version']).status === 0;
if (!found) console.log('skipped: logrotate is not installed (apt-get install logrotate)');

const ROTATIONS = 10;

test.runIf(found).for(['', 'delaycompress\n  compress', 'create 0604'])(
  'the real logrotate loses no line: rename, HUP %o',
  async (more) => {
    const box = sandbox();
    const path = box.path('app.log');
    const writer = box.spawn('log-writer', { args: [JSON.stringify({ path, sync: false })] });
    await until(() => writer.stdout.includes('ready'), { what: 'the writer' });
    const config = box.path('logrotate.conf');
    writeFileSync(
      config,
      `"${path}" {
  su ${execFileSync('id', ['-un'], { encoding: 'utf8' }).trim()} ${execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim()}
  rotate ${ROTATIONS + 2}
  ${more}
  postrotate
    kill -HUP ${writer.pid}
  endscript
}\n`,
      { mode: 0o644 },
    );
    for (let rotation = 0; rotation < ROTATIONS; rotation++) {
      const { status, stderr } = spawnSync('logrotate', ['--force', '--state', box.path('state'), config], { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      await until(() => existsSync(path) && readFileSync(path).length > 0, { what: 'lines in the new file' });
    }
    writer.child.kill('SIGTERM');
    const { stdout } = await writer.finished;
    const { lines } = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { lines: number };
    const age = (name: string): number => Number(/log\.(\d+)/.exec(name)?.[1] ?? 0);
    const files = readdirSync(box.directory).filter((name) => name.startsWith('app.log'));
    expect(files).toHaveLength(ROTATIONS + 1);
    const text = files
      .sort((a, b) => age(b) - age(a))
      .map((name) => (name.endsWith('.gz') ? gunzipSync(readFileSync(box.path(name))) : readFileSync(box.path(name))).toString())
      .join('');
    const there = text
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { n: number }).n);
    expect(there).toEqual(upTo(lines));
  },
);
