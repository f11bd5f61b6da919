// `npm run demo`: a real daemon, watched from outside. What it prints about the daemon is read from the system (/proc, flock), never asked of the daemon.
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { installDependencies, root } from './install.mjs';
import { loadObservers } from './observers.mjs';
import { main, runQuietly, StepFailed } from './progress.mjs';

const script = join(root, 'examples/dist/08-http-service.js');
let failed = false;

const heading = (text) => console.log(`\n${text}`);
const say = (label, text) => console.log(`   ${label.padEnd(13)}${text}`);
const quote = (text) => console.log(text.trimEnd().replace(/^/gm, '   | '));
const yesNo = (value) => (value ? 'yes' : 'no');

function check(label, isRight, text) {
  if (!isRight) failed = true;
  console.log(` ${isRight ? '✓' : '✗'} ${label.padEnd(13)}${text}`);
}

async function run(verb, directory, env) {
  console.log(`   $ node ${relative(root, script)} ${verb} ${directory}`);
  const started = performance.now();
  const child = spawn(process.execPath, [script, verb, directory], { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const status = await new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new StepFailed(`'${verb}' did not end within 30 s\n${output}`)), 30_000);
    child.once('error', reject).once('close', (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal);
    });
  });
  if (output !== '') quote(output);
  return { status, output, pid: child.pid, milliseconds: Math.round(performance.now() - started) };
}

async function show(system, directory, env, token) {
  const pidFile = join(directory, 'service.pid');
  const logFile = join(directory, 'service.log');

  heading('1. Start: a small HTTP service on a free loopback port');
  const launcher = await run('start', directory, env);
  check('launcher', launcher.status === 0, `pid ${launcher.pid}, ended with ${launcher.status} after ${launcher.milliseconds} ms`);
  if (launcher.status !== 0) return;

  heading('2. The daemon, as the system shows it');
  const pid = Number(readFileSync(pidFile, 'utf8'));
  const seen = system.observe(pid);
  const parent = system.statOf(seen.ppid);
  check('pid', pid > 1 && pid !== launcher.pid, `${pid}, parent ${seen.ppid} (${parent.comm})`);
  check(
    'session',
    seen.sid !== pid && seen.tty === 0,
    `${seen.sid}, its leader: ${yesNo(seen.sid === pid)}, terminal: ${seen.tty || 'none'}`,
  );
  check('process', seen.cwd === '/' && seen.umask === '0077', `cwd ${seen.cwd}, umask ${seen.umask}, core limit ${seen.coreLimit.soft}`);
  const holders = system.lockHolders(pidFile);
  check('lock', holders.length === 1 && holders[0] === pid, `${pidFile}, held by ${holders.join(', ') || 'no process'}`);
  check('flock(1)', await system.isLocked(pidFile), `says the lock is ${(await system.isLocked(pidFile)) ? 'taken' : 'free'}`);
  for (const { fd, target } of seen.fds.filter(({ fd }) => fd < 3)) say(`fd ${fd}`, target);

  heading('3. One request');
  const url = await system.until(() => /http:\S+/.exec(launcher.output + readFileSync(logFile, 'utf8'))?.[0], { what: 'the address' });
  const response = await fetch(url, { headers: { connection: 'close' } });
  const text = await response.text();
  check('GET', response.status === 200 && text.includes(`pid ${pid}\n`), `${url} -> ${response.status} ${text.trim()}`);

  heading('4. A second start is refused while it runs');
  const second = await run('start', directory, env);
  check('refused', second.status !== 0 && second.output.includes(String(pid)), `ended with ${second.status}`);

  heading('5. Stop');
  const stop = await run('stop', directory, env);
  check('stopped', stop.status === 0, `ended with ${stop.status} after ${stop.milliseconds} ms`);

  heading(`6. Its log, ${logFile}`);
  const log = readFileSync(logFile, 'utf8');
  quote(log);
  check('log', /^GET \/$/m.test(log) && /^closed$/m.test(log), 'has the request and the orderly end');

  heading('7. Nothing is left');
  await system.until(() => !system.isRunning(pid), { what: 'the end of the process', deadline: 5_000 }).catch(() => {});
  check(
    'process',
    !system.isRunning(pid) && system.carriersOf(token).length === 0,
    system.isRunning(pid) ? `${pid} still runs` : `no ${pid}, no child of it`,
  );
  check('pid file', !existsSync(pidFile), existsSync(pidFile) ? 'still there' : 'gone');
  check('lock', !(await system.isLocked(pidFile)), (await system.isLocked(pidFile)) ? 'still taken' : 'free');
}

await main(async () => {
  if (process.platform !== 'linux') throw new StepFailed('The demo shows the daemon through /proc, which only Linux has.');
  await installDependencies();
  await runQuietly('Building', process.execPath, [join(root, 'scripts/build.mjs'), 'core', 'logging', 'daemon'], { cwd: root });
  const system = await loadObservers();
  const token = randomUUID();
  const directory = mkdtempSync(join(tmpdir(), 'daemonium-demo-'));
  const cleanUp = async () => {
    await system.reap(token);
    rmSync(directory, { recursive: true, force: true });
  };
  process.once('SIGINT', () => cleanUp().finally(() => process.exit(130)));
  process.once('SIGTERM', () => cleanUp().finally(() => process.exit(143)));
  try {
    await show(system, directory, { ...process.env, [system.TOKEN_VARIABLE]: token }, token);
  } finally {
    await cleanUp();
  }
  console.log(failed ? '\nThe demo failed: see the lines marked ✗.' : '\nAll as it should be.');
  if (failed) process.exitCode = 1;
});
