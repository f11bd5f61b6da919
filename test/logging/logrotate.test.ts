import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { isRunning, observe } from '../helpers/observe.ts';
import { fixture, type Sandbox, sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { numbers, upTo } from './records.ts';

const found = spawnSync('logrotate', ['--version']).status === 0;
if (!found) console.log('skipped: logrotate is not installed (apt-get install logrotate)');

const ROTATIONS = 10;
const isRoot = process.getuid?.() === 0;
const idOf = (...args: string[]): string => execFileSync('id', args, { encoding: 'utf8' }).trim();

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
  su ${idOf('-un')} ${idOf('-gn')}
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

/** The block of docs/logging.md, with the paths and the user of a sandbox, and nothing else changed. */
function documentedBlock(box: Sandbox, user: string, group: string): string {
  const page = readFileSync(new URL('../../docs/logging.md', import.meta.url), 'utf8');
  const [, block] = /```logrotate\n([^`]*)```/.exec(page) ?? [];
  const replaced = [
    ['/var/log/app/', `${box.directory}/`],
    ['app app', `${user} ${group}`],
    ['/usr/bin/node /srv/app/app.mjs', `${process.execPath} ${fixture('log-control')}`],
  ] as const;
  return replaced.reduce((text, [from, to]) => {
    expect(text.split(from)).toHaveLength(2);
    return text.replace(from, to);
  }, block ?? '');
}

/** Somebody whom SIGHUP would end. */
async function stranger(box: Sandbox): Promise<number> {
  const { pid } = box.spawn('', { executable: '/bin/sleep', args: ['1000'] });
  await until(() => observe(pid).comm === 'sleep', { what: 'the stranger' });
  return pid;
}

test.runIf(found).for([{ drops: false }, ...(isRoot ? [{ drops: true }] : [])])(
  'the block of docs/logging.md rotates the log of a daemon, is silent while there is none, and signals no stranger, %o',
  async ({ drops }) => {
    const box = sandbox();
    const path = box.path('app.log');
    const [user, group] = drops ? ['nobody', idOf('-gn', 'nobody')] : [idOf('-un'), idOf('-gn')];
    const LOG_CONTROL = JSON.stringify({ directory: box.directory, ...(drops ? { user } : {}) });
    const app = (verb: string) => box.launch('log-control', { args: [verb], env: { LOG_CONTROL } });
    writeFileSync(box.path('logrotate.conf'), documentedBlock(box, user, group), { mode: 0o644 });
    const rotate = async (how = '--force') => {
      const args = [how, '--state', box.path('state'), box.path('logrotate.conf')];
      return box.launch('', { executable: 'logrotate', args, env: { LOG_CONTROL } });
    };
    // Neither a log nor a daemon.
    expect(await rotate()).toMatchObject({ code: 0, stderr: '' });
    expect(existsSync(path)).toBe(false);

    expect(await app('start')).toMatchObject({ code: 0 });
    const pid = await box.readPid('app.pid');
    expect(observe(pid).uids[0]).toBe(Number(idOf('-u', user)));
    for (let rotation = 1; rotation <= 3; rotation++) {
      await until(() => statSync(path).size > 0, { what: 'lines' });
      expect(await rotate()).toMatchObject({ code: 0, stdout: '', stderr: '' });
      await until(() => statSync(path).size > 0, { what: 'lines in the new file' });
      expect(statSync(path)).toMatchObject({ uid: Number(idOf('-u', user)), mode: 0o100640 });
    }
    const files = [gunzipSync(readFileSync(`${path}.3.gz`)), gunzipSync(readFileSync(`${path}.2.gz`)), readFileSync(`${path}.1`)];
    writeFileSync(box.path('old'), Buffer.concat(files));
    const before = numbers(box.path('old'));
    expect(before).toEqual(upTo(before.length));
    expect(numbers(path)[0]).toBe(before.length);

    // It ended without tidying up, and its pid went to another process.
    process.kill(pid, 'SIGKILL');
    await until(() => !isRunning(pid), { what: 'the end' });
    const other = await stranger(box);
    writeFileSync(box.path('app.pid'), `${other}\n`);
    expect(await rotate()).toMatchObject({ code: 0 });
    expect(statSync(path).size).toBe(0);
    expect(isRunning(other)).toBe(true);
    expect(observe(other).comm).toBe('sleep');

    expect(await app('start')).toMatchObject({ code: 0 });
    await until(() => statSync(path).size > 0, { what: 'lines' });
    expect(await app('stop')).toMatchObject({ code: 0 });
  },
);
