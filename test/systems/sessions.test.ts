import { describe, expect, inject, test } from 'vitest';
import { observe } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { openPage } from './page.ts';
import { SERVICE } from './systemd.ts';

const page = openPage('docs/cron.md');
const CLOCK = '/srv/clock/clock.mjs';
const PID_FILE = '/srv/clock/clock.pid';

async function machineWithClock(): Promise<Machine> {
  const m = await boot(sandbox());
  page.install(m, '// clock.mjs', { path: CLOCK });
  return m;
}

/** The daemon is init's, belongs to no session that could end it, and stops. */
async function isOnItsOwn(m: Machine, pid: number): Promise<void> {
  const here = m.pidHere(pid);
  await until(() => observe(here).ppid === m.init, { what: 'the end of the launcher' });
  expect(observe(here)).toMatchObject({ tty: 0, cwd: '/' });
  expect(await m.ok(`node ${CLOCK} stop`)).toBe(`clock stopped, pid ${pid}`);
}

describe.skipIf(inject('noMachine'))('started in a session of some kind', () => {
  test('cron: at boot, and again when it was killed', { timeout: 120_000 }, async () => {
    const m = await machineWithClock();
    const atBoot = page.take('@reboot').code;
    // Every minute: the test has not five.
    const now_and_then = page.take('*/5').code.replace('*/5', '*');
    m.write('/tmp/crontab', `${atBoot}${now_and_then}`);
    await m.ok('crontab /tmp/crontab');
    m.spawn('exec cron -f', { deadline: 120_000 });
    const first = await m.readPid(PID_FILE);
    expect(observe(m.pidHere(first))).toMatchObject({ tty: 0 });
    await m.ok(`kill -9 ${first}`);
    const again = await until(() => (Number(m.read(PID_FILE)) !== first ? Number(m.read(PID_FILE)) : 0), {
      what: 'the next minute',
      deadline: 90_000,
      interval: 200,
    });
    // The next minute would start it again.
    await m.ok('pkill -x cron');
    await isOnItsOwn(m, again);
    expect(await m.ok('cat /var/mail/root 2>/dev/null || true')).toBe('');
  });

  test('at(1) starts a daemon that is on its own', async () => {
    const m = await machineWithClock();
    m.spawn('exec atd -f', { deadline: 60_000 });
    await until(async () => (await m.sh('test -s /run/atd.pid')).code === 0, { what: 'atd' });
    await m.ok(`echo 'node ${CLOCK} start' | at now`);
    // The signal of at(1) may come right before atd lies down for an hour. It does nothing but wake it.
    const wake = `kill -HUP $(cat /run/atd.pid); test -s ${PID_FILE}`;
    await until(async () => (await m.sh(wake)).code === 0, { what: 'the job', interval: 100 });
    await isOnItsOwn(m, await m.readPid(PID_FILE));
  });

  test('ssh: it returns once the daemon is there, which outlives the connection', async () => {
    const m = await machineWithClock();
    await m.ok(
      'ssh-keygen -q -t ed25519 -N "" -f /root/key; mkdir -p -m 700 /root/.ssh; cp /root/key.pub /root/.ssh/authorized_keys; mkdir /run/sshd',
    );
    m.spawn('exec /usr/sbin/sshd -D -p 2222', { deadline: 60_000 });
    const ssh = (command: string) => `ssh -p 2222 -i /root/key -o StrictHostKeyChecking=no -o LogLevel=ERROR 127.0.0.1 ${command}`;
    await until(async () => (await m.sh(ssh('true'))).code === 0, { what: 'sshd', interval: 50 });
    expect(await m.ok(ssh(`node ${CLOCK} start`))).toMatch(/^clock started, pid \d+$/);
    const first = await m.readPid(PID_FILE);
    // With a terminal, whose end is a SIGHUP.
    expect(await m.ok(ssh(`-tt 'node ${CLOCK} restart'`))).toMatch(/clock restarted, pid \d+/);
    const second = await m.readPid(PID_FILE);
    expect(second).not.toBe(first);
    await until(async () => (await m.sh('pgrep -f [s]shd:.root')).code === 1, { what: 'the end of the connections' });
    await isOnItsOwn(m, second);
  });

  test.each([
    ['tmux', (command: string) => `tmux new-session -d '${command}'`, 'tmux kill-server'],
    ['screen', (command: string) => `screen -dmS box sh -c '${command}'`, 'screen -S box -X quit'],
  ])('%s: its end after the start does nothing to the daemon, and during the start undoes it', async (name, inSession, command) => {
    const m = await machineWithClock();
    const end = async () => {
      await m.ok(command);
      await until(async () => (await m.sh(`pgrep -i ${name}`)).code === 1, { what: `the end of ${name}`, interval: 20 });
    };
    await m.ok(inSession(`node ${CLOCK} start; sleep infinity`));
    const pid = await m.readPid(PID_FILE);
    await until(() => observe(m.pidHere(pid)).ppid === m.init, { what: 'the end of the launcher' });
    await end();
    expect(await m.ok(`node ${CLOCK} status`)).toContain(`pid ${pid},`);
    await isOnItsOwn(m, pid);

    await m.ok(`mkdir /run/service; MODE='never ready' ${inSession(`node ${SERVICE} start; sleep infinity`)}`);
    await m.readPid('/run/service/service.pid');
    await end();
    await until(() => m.nodes().length === 0, { what: 'the end of the start' });
    expect(await m.sh(`node ${SERVICE} status; echo $?; ls /run/service`)).toMatchObject({ stdout: 'service is not running\n3\n' });
    expect(await m.ok(`node ${SERVICE} start`)).toMatch(/^service started, pid \d+$/);
    await m.ok(`node ${SERVICE} stop`);
  });

  test.each([
    ['sudo', 'sudo -u ann'],
    ['sudo on a terminal', 'script -qec "sudo -u ann COMMAND" /dev/null #'],
    ['su', 'su ann -c "COMMAND" #'],
    ['su -', 'su - ann -c "COMMAND" #'],
    ['runuser', 'runuser -u ann --'],
    ['setpriv', 'setpriv --reuid=ann --regid=ann --clear-groups'],
  ])("%s: it is that user's, who finds it by the default pid file", async (_, by) => {
    const m = await boot(sandbox());
    await m.ok('useradd -m -s /bin/bash ann');
    const clock = page.take('// clock.mjs').code.replace(/^ *pidFile:.*\n/m, '');
    m.write(CLOCK, clock);
    // Without its variable the home directory is that of the user database, for whoever comes later.
    const as = (verb: string) =>
      m.ok(
        `env -u HOME ${by.includes('COMMAND') ? by.replace('COMMAND', `env -u HOME node ${CLOCK} ${verb}`) : `${by} env -u HOME node ${CLOCK} ${verb}`}`,
      );
    expect(await as('start')).toMatch(/clock started, pid \d+/);
    const pid = await m.readPid('/home/ann/.local/state/daemonium/clock.pid');
    const uid = Number(await m.ok('id -u ann'));
    const gid = Number(await m.ok('id -g ann'));
    expect(observe(m.pidHere(pid))).toMatchObject({ ppid: m.init, tty: 0, uids: Array(4).fill(uid), gids: Array(4).fill(gid) });
    expect(await as('status')).toContain(`clock is running, pid ${pid},`);
    expect(await as('stop')).toContain(`clock stopped, pid ${pid}`);
  });

  test('each block of docs/cron.md was one of these tests, but for the program that is no daemon', () => {
    // Which test/docs runs, on the page's own terminal.
    page.take('// report.mjs');
    expect(page.untried()).toEqual([]);
  });
});
