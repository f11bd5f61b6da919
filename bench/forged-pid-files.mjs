// 1,000 pid files that name somebody who is not the daemon. stop(), kill() and reload() of each have to refuse, each with the right error, and nobody
// may get a signal: not those named, not pid 1, not this process and its parent. As root all of it happens in a pid namespace whose pid 1 counts, too.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { flock, LOCK_EX, LOCK_NB } from '@daemonium/core/posix';
import { Daemon } from '@daemonium/daemon';

const FILES = 1_000;
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;
const here = fileURLToPath(import.meta.url);

/** Not to be caught, not to be served by a handler, or sent by the kernel on its own account. */
const UNCOUNTED = /^SIG(KILL|STOP|CHLD|SEGV|BUS|FPE|ILL|PROF|ABRT|IOT|SYS|TRAP)$/;

/** Counts every signal this process gets; to be killed shows in its end. */
function countSignals() {
  const got = [];
  for (const name of Object.keys(constants.signals)) if (!UNCOUNTED.test(name)) process.on(name, () => got.push(name));
  return got;
}

function role(name, args = [], options = {}) {
  const child = spawn(process.execPath, [here, name, ...args], { stdio: ['pipe', 'pipe', 'inherit'], ...options });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  return {
    pid: child.pid,
    line: async () => (await lines.next()).value ?? `"${name} ended"`,
    end: async () => {
      const exit = once(child, 'exit');
      child.stdin.end();
      await exit;
    },
  };
}

/** Sits there until its stdin ends, and tells then which signals it got. */
async function witness() {
  const got = countSignals();
  console.log('ready');
  process.stdin.on('end', () => {
    console.log(JSON.stringify(got));
    process.exitCode = 0;
  });
  process.stdin.resume();
}

/** Locks the files given, until its stdin ends. */
function locker(list) {
  for (const path of JSON.parse(readFileSync(list, 'utf8'))) flock(openSync(path, 'r'), LOCK_EX | LOCK_NB);
  console.log('locked');
  process.stdin.resume();
}

/** A pid whose process has ended, and whose parent does not reap it. */
async function zombie() {
  // The child ends when its parent is no shell any more, which would reap it.
  const waits = 'while [ "$(cat /proc/$$/comm)" != sleep ]; do :; done';
  const parent = spawn('sh', ['-c', `(${waits}) & echo $!; exec sleep 600`], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [text] = await once(parent.stdout, 'data');
  const pid = Number(text);
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))) await new Promise((resolve) => setTimeout(resolve, 1));
  return { pid, kill: () => parent.kill('SIGKILL') };
}

/** Of another user's process, as pid 1 is to most, nothing can be known, and the refusal says that. */
function isOurs(pid) {
  try {
    readdirSync(`/proc/${pid}/fd`);
    return true;
  } catch {
    return false;
  }
}

const codeOf = (error) => error?.code ?? String(error);

async function codesOf(pidFile) {
  const daemon = new Daemon({ pidFile });
  const call = (act) => {
    try {
      return `no error: ${act()}`;
    } catch (error) {
      return codeOf(error);
    }
  };
  return [await daemon.stop().then(() => 'no error', codeOf), call(() => daemon.kill()), call(() => daemon.reload())];
}

/** Forges the files in `directory`, has some of them locked, and tries them all. */
async function check(directory) {
  const got = countSignals();
  const bystander = role('witness');
  await bystander.line();
  const dead = await zombie();
  const contents = {
    'live foreign pid': `${bystander.pid}\n`,
    zombie: `${dead.pid}\n`,
    zero: '0\n',
    one: '1\n',
    self: `${process.pid}\n`,
    parent: `${process.ppid}\n`,
    negative: `-${bystander.pid}\n`,
    '2^31': '2147483648\n',
    garbage: 'not a pid\n',
  };
  const kinds = [...Object.keys(contents), ...(isRoot ? ['a lock held by another user'] : [])];
  const variants = ['ERR_NOT_RUNNING', 'ERR_HOLDER_UNPROVED', 'ERR_PID_FILE_INSECURE'];
  const files = Array.from({ length: FILES }, (_, index) => {
    const kind = kinds[index % kinds.length];
    const isForeign = contents[kind] === undefined;
    const variant = isForeign ? 'ERR_HOLDER_UNPROVED' : variants[Math.floor(index / kinds.length) % 3];
    const expected = kind === 'one' && variant === 'ERR_HOLDER_UNPROVED' && !isOurs(1) ? 'EPERM' : variant;
    const path = join(directory, `${index}.pid`);
    writeFileSync(path, contents[kind] ?? contents['live foreign pid']);
    chmodSync(path, expected === 'ERR_PID_FILE_INSECURE' ? 0o666 : 0o644);
    return { path, kind, expected, isForeign };
  });
  const lockers = [];
  for (const foreign of isRoot ? [false, true] : [false]) {
    const list = join(directory, `list-${foreign}`);
    const locked = files.filter(({ expected, isForeign }) => isForeign === foreign && expected !== 'ERR_NOT_RUNNING');
    writeFileSync(list, JSON.stringify(locked.map(({ path }) => path)));
    const holder = role('locker', [list], foreign ? { uid: NOBODY, gid: NOBODY } : {});
    await holder.line();
    lockers.push(holder);
  }
  const wrong = [];
  for (const { path, kind, expected } of files) {
    const codes = await codesOf(path);
    if (codes.some((code) => code !== expected)) wrong.push({ kind, expected, codes });
  }
  await Promise.all(lockers.map((holder) => holder.end()));
  const ended = bystander.end();
  const bystanderGot = JSON.parse(await bystander.line());
  await ended;
  dead.kill();
  console.log(JSON.stringify({ kinds: kinds.length, wrong, signals: { checker: got, bystander: bystanderGot } }));
}

/** Counts, while a child of it goes on with the next role. */
async function passOn(name, next, directory) {
  const got = countSignals();
  const child = role(next, [directory]);
  const result = JSON.parse(await child.line());
  await child.end();
  result.signals[name] = got;
  console.log(JSON.stringify(result));
}

export async function run() {
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-bench-'));
  chmodSync(directory, 0o755);
  try {
    const [file, args] = isRoot
      ? ['unshare', ['--pid', '--fork', '--mount-proc', '--kill-child', process.execPath, here, 'init', directory]]
      : [process.execPath, [here, 'parent', directory]];
    const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const [lines, [code]] = await Promise.all([child.stdout.setEncoding('utf8').toArray(), once(child, 'exit')]);
    if (code !== 0) throw new Error(`The check ended with ${code}: ${lines.join('')}`);
    const { kinds, wrong, signals } = JSON.parse(lines.join(''));
    for (const one of wrong.slice(0, 5)) console.error(one);
    const sent = Object.values(signals).flat().length;
    const figures = { files: FILES, kinds, witnesses: Object.keys(signals).length, 'signals sent': sent, 'wrong errors': wrong.length };
    return { name: 'forged pid files', figures, target: '0 signals, 0 wrong errors', pass: sent === 0 && wrong.length === 0 };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

if (process.argv[1] === here) {
  const [name, argument] = process.argv.slice(2);
  if (name === 'init') await passOn('pid 1', 'parent', argument);
  else if (name === 'parent') await passOn('parent', 'check', argument);
  else if (name === 'check') await check(argument);
  else if (name === 'witness') await witness();
  else if (name === 'locker') locker(argument);
  else console.log(await run());
}
