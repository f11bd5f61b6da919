import { describe, expect, inject, test } from 'vitest';
import { statOf } from '../helpers/observe.ts';
import { sandbox } from '../helpers/sandbox.ts';
import { until } from '../helpers/wait.ts';
import { boot, type Machine } from './machine.ts';
import { openPage } from './page.ts';

const page = openPage('docs/init-scripts.md');
const cron = openPage('docs/cron.md');
const PID_FILE = '/srv/clock/clock.pid';

async function machineWithClock(): Promise<Machine> {
  const m = await boot(sandbox());
  cron.install(m, '// clock.mjs', { path: '/srv/clock/clock.mjs' });
  return m;
}

describe.skipIf(inject('noMachine'))('docs/init-scripts.md', () => {
  test('the init script: each verb ends as the LSB has it', async () => {
    const m = await machineWithClock();
    page.install(m, '/etc/init.d/clock');
    const script = async (verb: string): Promise<string> => {
      const { code, stdout, stderr } = await m.sh(`/etc/init.d/clock ${verb}`);
      return `${code} ${stdout}${stderr}`.replaceAll(/pid \d+(, since \S+)?/g, 'pid N');
    };
    expect(await script('status')).toBe('3 clock is not running\n');
    expect(await script('start')).toBe('0 clock started, pid N\n');
    expect(await script('start')).toBe('0 clock is already running, pid N\n');
    expect(await script('status')).toBe('0 clock is running, pid N\n');
    const first = await m.readPid(PID_FILE);
    expect(await script('reload')).toBe('0 clock was told to reload\n');
    expect(await script('force-reload')).toBe('0 clock was told to reload\n');
    expect(await m.readPid(PID_FILE)).toBe(first);
    expect(await script('restart')).toBe('0 clock restarted, pid N\n');
    expect(await m.readPid(PID_FILE)).not.toBe(first);
    await m.ok(`kill -9 ${await m.readPid(PID_FILE)}`);
    await until(async () => (await script('status')).startsWith('1 clock is dead'), { what: 'the death' });
    expect(await script('reload')).toBe('7 clock is not running\n');
    expect(await script('start')).toBe('0 clock started, pid N\n');
    expect(await script('stop')).toBe('0 clock stopped, pid N\n');
    expect(await script('stop')).toBe('0 clock is not running\n');
    expect(await script('tick')).toBe('2 Usage: /etc/init.d/clock {start|stop|restart|reload|force-reload|status}\n');
  });

  test('start-stop-daemon starts it, and finds it by its executable, whatever it is called', async () => {
    const m = await machineWithClock();
    const manage = (words: string) => m.ok(`start-stop-daemon ${words} --pidfile ${PID_FILE} --exec /usr/bin/node`);
    await m.ok(`start-stop-daemon --start --pidfile ${PID_FILE} --exec /usr/bin/node -- /srv/clock/clock.mjs start`);
    const pid = await m.readPid(PID_FILE);
    expect(statOf(m.pidHere(pid))).toMatchObject({ ppid: m.init, comm: 'clock' });
    await manage('--status');
    await manage('--stop --signal HUP');
    expect(await m.ok('node /srv/clock/clock.mjs status')).toContain(`pid ${pid},`);
    await manage('--stop --retry TERM/15');
    expect(await m.sh('node /srv/clock/clock.mjs status')).toMatchObject({ code: 3 });
  });

  test("LSB's killproc goes by the name of the process: the daemon's, cut after 15 bytes, or Node's own with processTitle: false", async () => {
    const m = await machineWithClock();
    const clock = m.read('/srv/clock/clock.mjs');
    const lsb = (words: string) => m.sh(`. /lib/lsb/init-functions; ${words}`);
    const ends = async (option: string, name: string, comm: string) => {
      m.write('/srv/clock/clock.mjs', clock.replace("name: 'clock'", option));
      await m.ok('node /srv/clock/clock.mjs start');
      const here = m.pidHere(await m.readPid(PID_FILE));
      expect(statOf(here).comm).toBe(comm);
      expect(await lsb(`killproc -p ${PID_FILE} ${name}`)).toMatchObject({ code: 0 });
      await until(async () => (await m.sh('node /srv/clock/clock.mjs status')).code === 3, { what: `the end of ${name}`, interval: 50 });
    };
    await m.ok('node /srv/clock/clock.mjs start');
    const pid = await m.readPid(PID_FILE);
    expect(await lsb(`killproc -p ${PID_FILE} /usr/bin/node`)).toMatchObject({ code: 0 });
    expect(await m.ok('node /srv/clock/clock.mjs status')).toContain(`pid ${pid},`);
    expect(await lsb(`pidofproc -p ${PID_FILE} clock`)).toMatchObject({ code: 0, stdout: `${pid}\n` });
    await m.ok('node /srv/clock/clock.mjs stop');
    await ends("name: 'clock'", 'clock', 'clock');
    await ends("name: 'inventory-server-2'", 'inventory-serve', 'inventory-serve');
    const own = await m.ok(`node -p "fs.readFileSync('/proc/self/comm', 'utf8')"`);
    await ends("name: 'clock', processTitle: false", own.trim(), own.trim());
  });

  test('each block of the page was one of these tests', () => {
    expect(page.untried()).toEqual([]);
  });
});
