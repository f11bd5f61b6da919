// `npm run demo`: real daemons, watched from outside. What it prints about a daemon is read from the system (/proc, flock), never asked of the daemon.
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { showCommand } from './demo-command.mjs';
import { check, hasFailed, heading, quote, run, say } from './demo-output.mjs';
import { installDependencies, root } from './install.mjs';
import { loadObservers } from './observers.mjs';
import { main, runQuietly, StepFailed } from './progress.mjs';

const script = join(root, 'examples/dist/08-http-service.js');

const yesNo = (value) => (value ? 'yes' : 'no');

async function showService(system, directory, env, token) {
  const service = (verb) => run(`node ${relative(root, script)} ${verb} ${directory}`, [script, verb, directory], env);
  const pidFile = join(directory, 'service.pid');
  const logFile = join(directory, 'service.log');

  heading('3. In code: a small HTTP service on a free loopback port');
  const launcher = await service('start');
  check('launcher', launcher.status === 0, `pid ${launcher.pid}, ended with ${launcher.status} after ${launcher.milliseconds} ms`);
  if (launcher.status !== 0) return;

  heading('4. The daemon, as the system shows it');
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

  heading('5. One request');
  const url = await system.until(() => /http:\S+/.exec(launcher.output + readFileSync(logFile, 'utf8'))?.[0], { what: 'the address' });
  const response = await fetch(url, { headers: { connection: 'close' } });
  const text = await response.text();
  check('GET', response.status === 200 && text.includes(`pid ${pid}\n`), `${url} -> ${response.status} ${text.trim()}`);

  heading('6. A second start is refused while it runs');
  const second = await service('start');
  check('refused', second.status !== 0 && second.output.includes(String(pid)), `ended with ${second.status}`);

  heading('7. Stop');
  const stop = await service('stop');
  check('stopped', stop.status === 0, `ended with ${stop.status} after ${stop.milliseconds} ms`);

  heading(`8. Its log, ${logFile}`);
  const log = readFileSync(logFile, 'utf8');
  quote(log);
  check('log', /^GET \/$/m.test(log) && /^closed$/m.test(log), 'has the request and the orderly end');

  heading('9. Nothing is left');
  const nothing = () => !system.isRunning(pid) && system.carriersOf(token).length === 0;
  const isGone = await system.until(nothing, { what: 'the end of all processes' }).catch(() => false);
  check(
    'process',
    isGone,
    isGone ? `no ${pid}, no child of it` : `${[pid, ...system.carriersOf(token)].join(', ')}: at least one still runs`,
  );
  check('pid file', !existsSync(pidFile), existsSync(pidFile) ? 'still there' : 'gone');
  check('lock', !(await system.isLocked(pidFile)), (await system.isLocked(pidFile)) ? 'still taken' : 'free');
}

await main(async () => {
  if (process.platform !== 'linux') throw new StepFailed('The demo shows the daemon through /proc, which only Linux has.');
  await installDependencies();
  await runQuietly('Building', process.execPath, [join(root, 'scripts/build.mjs'), 'core', 'logging', 'daemon', 'cli'], { cwd: root });
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
    const env = { ...process.env, [system.TOKEN_VARIABLE]: token };
    await showCommand(system, directory, env);
    await showService(system, directory, env, token);
  } finally {
    await cleanUp();
  }
  console.log(hasFailed() ? '\nThe demo failed: see the lines marked ✗.' : '\nAll as it should be.');
  if (hasFailed()) process.exitCode = 1;
});
